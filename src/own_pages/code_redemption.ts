/**
 * Redeems an authorization code at the server's own token endpoint: by the function that answers it, with the request
 * that any client would send. It takes no connection, since no address is sure to lead back: a node behind a proxy may
 * not reach its issuer, TLS ends at the proxy, and ports may be any. What the endpoint checks of a client, of a code and of
 * its verifier, and what it records, is the same.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { decodeJwt } from 'jose';
import { type Clock, clockSkewMs } from '../clock.ts';
import { equalSecrets } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { HandledRequest, Handler } from '../http/answer.ts';
import { requestState } from '../http/request_state.ts';
import type { TokenLinks } from '../tokens/room.ts';
import type { Site } from './site.ts';

type SignedIn = {
  accountId: string;
  /** What the tokens depend on. */
  links: TokenLinks;
  /** Milliseconds since the epoch. */
  authenticatedAt: number;
  /** What was proven (RFC 8176). */
  amr: string[];
  idToken: string;
};

/** What an access token says that is alive, and good for what the site asked for. Undefined: it is not. */
export type ReadToken = (
  token: string,
) => Promise<{ clientId: unknown; accountId?: string | undefined; links: TokenLinks } | undefined>;

/** Throws CardeaError `sign_in_failed` (400). */
export type RedeemCode = (
  ctx: { state: unknown },
  redeemed: { code: string; verifier: string; nonce: string },
) => Promise<SignedIn>;

export function createCodeRedemption({
  site: { clientId },
  issuer,
  redirectUri,
  clientSecret,
  tokenEndpoint,
  readToken,
  clock,
}: {
  site: Site;
  issuer: string;
  redirectUri: string;
  clientSecret: string;
  tokenEndpoint: Handler;
  readToken: ReadToken;
  clock: Clock;
}): RedeemCode {
  return async (ctx, { code, verifier, nonce }) => {
    const body = new URLSearchParams({
      ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri },
      code_verifier: verifier,
    });
    const answer = await tokenEndpoint(
      tokenRequest(ctx, body.toString(), `${clientId}:${clientSecret}`),
    );
    if (answer?.status !== 200) throw signInFailed(answer?.body);
    const { id_token: idToken, access_token: accessToken } = JSON.parse(String(answer.body));
    const {
      iss,
      aud,
      exp = 0,
      nonce: told,
      auth_time: authTime,
      amr,
    } = decodeJwt<{ amr?: string[] }>(idToken);
    // OpenID Connect Core 3.1.3.7; its signature need not be checked, as it came from the endpoint itself.
    const isOurs =
      iss === issuer &&
      [aud].flat().includes(clientId) &&
      exp * 1000 > clock.now() - clockSkewMs &&
      equalSecrets(String(told), nonce);
    const read = isOurs ? await readToken(accessToken) : undefined;
    if (read?.clientId !== clientId || !read.accountId || typeof authTime !== 'number') {
      throw signInFailed();
    }
    const { accountId, links } = read;
    return { accountId, links, idToken, amr: amr ?? [], authenticatedAt: authTime * 1000 };
  };
}

/** Of the same person's request, for the log and the audit trail. */
function tokenRequest(ctx: { state: unknown }, form: string, idAndSecret: string): HandledRequest {
  const body = Buffer.from(form);
  const credentials = Buffer.from(idAndSecret).toString('base64');
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
