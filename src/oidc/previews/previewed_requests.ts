/**
 * Requests that nobody has sent. They are served like those of programs, but for this: their client is taken at its
 * word, refusals are thrown, and nothing is answered to anybody.
 */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Provider } from 'oidc-provider';
import { type Clock, epochSeconds } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import type { HandledRequest } from '../../http/answer.ts';
import type { RequestState } from '../../http/request_state.ts';
import { setClientAsOf } from '../clients/client_as_of.ts';
import { inContext } from '../engine/library_parts.ts';
import { nameClient } from '../engine/previewed_parts.ts';
import {
  type Parameters,
  type PreviewedRoute,
  ProgramContext,
  type ProgramRoute,
  programUrl,
} from '../engine/program_context.ts';
import type { ProgramRequests } from '../programs/program_requests.ts';

export type PreviewedRequests = {
  /** Runs `serve` as the library runs the route. */
  within<T>(
    route: PreviewedRoute | ProgramRoute,
    params: Parameters,
    serve: (ctx: ProgramContext) => Promise<T>,
  ): Promise<T>;
  /** For the grants of the token endpoint; the body names the client. */
  programs: ProgramRequests;
  /** A POST to the token endpoint. */
  create(): HandledRequest;
};

/** `asOf`: the last revocation that is sure to be seen. */
export function createPreviewedRequests({
  provider,
  asOf,
  clock,
}: {
  provider: Provider;
  asOf: number;
  clock: Clock;
}): PreviewedRequests {
  const create = (): HandledRequest => {
    const headers: Record<string, string> = {};
    const state = { requestId: '', address: { ip: '' }, logFields: {} } as unknown as RequestState;
    return {
      ...{ req: { headers }, res: {}, state, method: 'POST', querystring: '' },
      get: (name: string) => headers[name.toLowerCase()] ?? '',
      set() {},
    } as unknown as HandledRequest;
  };

  const programs: ProgramRequests = {
    receive: (_request, _route, serve) => serve({}),
    answerAnybody: (_request, _endpoint, serve) => serve(),
    answer(request, { route, body, names }, serve) {
      const params = Object.fromEntries(names.map((name) => [name, body[name]]));
      const ctx = new ProgramContext(provider, request, { route, body, params });
      return inContext(ctx, async () => {
        setClientAsOf(asOf, ctx);
        const client = await nameClient(ctx, String(body.client_id));
        if (client.dpopBoundAccessTokens) {
          request.req.headers.dpop = await proofOf(programUrl(provider.issuer, route), clock);
        }
        return serve({ request, ctx, client, params, asOf });
      });
    },
  };

  return {
    ...{ create, programs },
    within(route, params, serve) {
      const ctx = new ProgramContext(provider, create(), { route, body: {}, params });
      return inContext(ctx, async () => {
        setClientAsOf(asOf, ctx);
        return serve(ctx);
      });
    },
  };
}

/** A proof (RFC 9449 section 4.2) by a key that is gone when this has resolved. */
async function proofOf(url: string, clock: Clock): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return new SignJWT({ htm: 'POST', htu: url, jti: randomId(), iat: epochSeconds(clock) })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
}
