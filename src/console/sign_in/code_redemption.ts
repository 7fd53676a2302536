/**
 * Redeems an authorization code at the server's own token endpoint: by the function that answers it, with the request
 * that any client would send. It takes no connection, since no address is sure to lead back: a node behind a proxy may
 * not reach its issuer, TLS ends at the proxy, and ports may be any. What the endpoint checks of a client, of a code and of
 * its verifier, and what it records, is the same.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { decodeJwt } from 'jose';
import { type Clock, clockSkewMs } from '../../clock.ts';
import { adminApi } from '../../definitions/admin_scopes.ts';
import { consoleClientId } from '../../definitions/built_in.ts';
import { equalSecrets } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import type { HandledRequest, Handler } from '../../http/answer.ts';
import { requestState } from '../../http/request_state.ts';
import type { AccessTokenReader, TokenLinks } from '../../tokens/room.ts';

type SignedIn = {
  accountId: string;
  /** What the tokens depend on. */
  links: TokenLinks;
  /** Milliseconds since the epoch. */
  authenticatedAt: number;
  idToken: string;
};

/** Throws CardeaError `sign_in_failed` (400). */
export type RedeemCode = (
  ctx: { state: unknown },
  redeemed: { code: string; verifier: string; nonce: string },
) => Promise<SignedIn>;

export function createCodeRedemption({
  issuer,
  redirectUri,
  clientSecret,
  tokenEndpoint,
  accessTokens,
  clock,
}: {
  issuer: string;
  redirectUri: string;
  clientSecret: string;
  tokenEndpoint: Handler;
  accessTokens: Pick<AccessTokenReader, 'read'>;
  clock: Clock;
}): RedeemCode {
  return async (ctx, { code, verifier, nonce }) => {
    const body = new URLSearchParams({
      ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri },
      code_verifier: verifier,
    });
    const answer = await tokenEndpoint(tokenRequest(ctx, body.toString(), clientSecret));
    if (answer?.status !== 200) throw signInFailed(answer?.body);
    const { id_token: idToken, access_token: accessToken } = JSON.parse(String(answer.body));
    const { iss, aud, exp = 0, nonce: told, auth_time: authTime } = decodeJwt(idToken);
    // OpenID Connect Core 3.1.3.7; its signature need not be checked, as it came from the endpoint itself.
    const isOurs =
      iss === issuer &&
      [aud].flat().includes(consoleClientId) &&
      exp * 1000 > clock.now() - clockSkewMs &&
      equalSecrets(String(told), nonce);
    const read = isOurs ? await accessTokens.read(accessToken) : undefined;
    const isForConsole =
      read?.claims.client_id === consoleClientId && [read.claims.aud].flat().includes(adminApi);
    if (!isForConsole || read.accountId === undefined || typeof authTime !== 'number') {
      throw signInFailed();
    }
    return {
      ...{ accountId: read.accountId, links: read.links, idToken },
      authenticatedAt: authTime * 1000,
    };
  };
}

/** Of the same person's request, for the log and the audit trail. */
function tokenRequest(ctx: { state: unknown }, form: string, clientSecret: string): HandledRequest {
  const body = Buffer.from(form);
  const credentials = Buffer.from(`${consoleClientId}:${clientSecret}`).toString('base64');
  const req: IncomingMessage & { body?: Buffer } = new IncomingMessage(new Socket());
  Object.assign(req, { method: 'POST', url: '/token', body });
  req.headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
  };
  const { requestId, address, match, logFields } = requestState(ctx);
  return {
    ...{ req, res: new ServerResponse(req), method: 'POST', querystring: '' },
    state: { requestId, address, match, logFields },
    get: (name) => String(req.headers[name.toLowerCase()] ?? ''),
    set: () => {},
  };
}

function signInFailed(cause?: unknown): CardeaError {
  return new CardeaError({
    code: 'sign_in_failed',
    status: 400,
    message: 'The sign-in did not succeed. Sign in again.',
    cause,
  });
}
