/**
 * Requests of programs to the token, introspection and revocation endpoints, as far as they are the same for all three:
 * parameters, origin, client authentication, refusals, the fields of the log line. What is asked, and the answer, are
 * whoever's who serves the endpoint.
 */
import type { Client } from 'oidc-provider';
import { needsSecret } from '../../definitions/oauth.ts';
import { type Answer, type HandledRequest, jsonAnswer } from '../../http/answer.ts';
import { requestState } from '../../http/request_state.ts';
import { grantTypeLabel } from '../../telemetry/grant_type_labels.ts';
import type { FollowSigningKeys } from '../../tokens/room.ts';
import { setClientAsOf } from '../clients/client_as_of.ts';
import { clientBasedCORS } from '../endpoints/cross_origin.ts';
import type { Refusals } from '../endpoints/refusals.ts';
import { descriptionOf } from '../endpoints/told.ts';
import { ownFault } from '../engine/internal_faults.ts';
import { errors } from '../engine/library.ts';
import {
  authenticateClient,
  authenticationParameters,
  inContext,
} from '../engine/library_parts.ts';
import { type Parameters, ProgramContext, type ProgramRoute } from '../engine/program_context.ts';
import type { ProviderHost } from '../engine/provider_host.ts';
import { readParameters } from './form_body.ts';

/** A request whose client has proved who it is. */
export type ProgramRequest = {
  request: HandledRequest;
  ctx: ProgramContext;
  client: Client;
  params: Parameters;
  /** The last revocation that is sure to be seen by the request. */
  asOf: number;
};

export type ProgramRequests = {
  /** Reads the parameters; those that cannot be read are answered with a refusal. Throws CardeaError. */
  receive<T>(
    request: HandledRequest,
    route: ProgramRoute,
    serve: (body: Parameters) => Promise<T>,
  ): Promise<T | Answer>;
  /**
   * Answers the request with what `serve` does, or with the refusal that it throws (the library's errors). Throws
   * CardeaError.
   */
  answer(
    request: HandledRequest,
    endpoint: Endpoint,
    serve: (authenticated: ProgramRequest) => Promise<Answer>,
  ): Promise<Answer>;
  /** The same for a request that brings its own proof, and no client. */
  answerAnybody(
    request: HandledRequest,
    endpoint: Endpoint,
    serve: () => Promise<Answer>,
  ): Promise<Answer>;
};

/** `names`: the parameters that it knows beside those that clients authenticate with. */
type Endpoint = { route: ProgramRoute; body: Parameters; names: readonly string[] };

type LibraryError = InstanceType<typeof errors.OIDCProviderError> & { scope?: string };

export function createProgramRequests({
  host,
  followSigningKeys,
  refusals,
  noteUse,
}: {
  host: Pick<ProviderHost, 'current'>;
  followSigningKeys: FollowSigningKeys;
  refusals: Pick<Refusals, 'ofError'>;
  /** Called with the id of a client that has proved who it is by something else than a secret. */
  noteUse: (clientId: string) => void;
}): ProgramRequests {
  /** A refusal is answered; anything else is a fault, and thrown. */
  const refusalFor = (ctx: ProgramContext, thrown: unknown): Answer => {
    const fault = ownFault(thrown);
    if (fault) throw fault;
    const { expose, statusCode, message, scope } = thrown as LibraryError;
    if (!expose || !(thrown instanceof errors.OIDCProviderError)) throw thrown;
    const error_description = descriptionOf(ctx as never, thrown);
    ctx.state.refusal = () => refusals.ofError(ctx as never, thrown);
    ctx.state.logFields.error = message;
    return jsonAnswer(statusCode, { error: message, error_description, scope });
  };

  return {
    async receive(request, route, serve) {
      let body: Parameters;
      try {
        body = await readParameters(request);
      } catch (error) {
        const endpoint = { route, body: {}, names: [] };
        request.set(originHeaders(request, endpoint, true));
        const ctx = new ProgramContext(host.current(), request, { ...endpoint, params: {} });
        return refusalFor(ctx, error);
      }
      return serve(body);
    },

    async answer(request, endpoint, serve) {
      const { route, body, names } = endpoint;
      noteGrantType(request, pick(body, names));
      // Ahead of the context: the library's provider holds the keys that it signs with, and changes with them.
      const asOf = await followSigningKeys().catch((error: unknown) => {
        request.set(originHeaders(request, endpoint, true));
        throw error;
      });
      const ctx = new ProgramContext(host.current(), request, { route, body, params: {} });
      ctx.oidc.params = pick(body, [...names, ...authenticationParameters(ctx)]);
      const isAllowed = watchOrigin(ctx, request);
      return inContext(ctx, async () => {
        try {
          setClientAsOf(asOf, ctx);
          const client = await authenticateClient(ctx);
          if (isProvedOtherwise(client)) noteUse(client.clientId);
          return await serve({ request, ctx, client, params: ctx.oidc.params, asOf });
        } catch (error) {
          return refusalFor(ctx, error);
        } finally {
          requestState(request).logFields.client_id = ctx.oidc.client?.clientId;
          request.set(originHeaders(request, endpoint, isAllowed()));
        }
      });
    },

    answerAnybody(request, endpoint, serve) {
      noteGrantType(request, endpoint.body);
      request.set(originHeaders(request, endpoint, true));
      return serve();
    },
  };
}

/** By its own key. The use of a secret is noted where it is compared; a public client proves nothing. */
function isProvedOtherwise({ clientAuthMethod: method }: Client): boolean {
  return method !== 'none' && !needsSecret(method);
}

/** An empty parameter is none (RFC 6749 section 3.2). */
function pick(body: Parameters, names: readonly string[]): Parameters {
  const params: Parameters = {};
  for (const name of names) params[name] = body[name] || undefined;
  return params;
}

/**
 * Fetch section 3.2.3: a page may read the answer where its origin is its client's. Tells whether it is, as far as is
 * known by now.
 */
function watchOrigin(ctx: ProgramContext, request: HandledRequest): () => boolean {
  const origin = request.get('Origin');
  let isAllowed = true;
  if (origin) {
    ctx.oidc.once('assign.client', (_ctx: unknown, client: Client) => {
      isAllowed = clientBasedCORS(ctx, origin, client);
      if (isAllowed) return;
      throw new errors.InvalidRequest(
        `origin ${origin} not allowed for client: ${client.clientId}`,
      );
    });
  }
  return () => isAllowed;
}

function originHeaders(request: HandledRequest, { route }: Endpoint, isAllowed: boolean) {
  return {
    vary: 'Origin',
    ...(isAllowed && { 'access-control-allow-origin': request.get('Origin') || '*' }),
    'access-control-expose-headers':
      route === 'token' ? 'DPoP-Nonce,WWW-Authenticate' : 'WWW-Authenticate',
  };
}

/** The client comes first in the line, although it is known later. */
function noteGrantType(request: HandledRequest, { grant_type: grantType }: Parameters): void {
  const { logFields } = requestState(request);
  logFields.client_id = undefined;
  if (typeof grantType === 'string') logFields.grant_type = grantTypeLabel(grantType);
}
