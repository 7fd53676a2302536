/**
 * Shared by all middleware: which token belongs to which request, and the response to a refusal. Frameworks are
 * known only by their shapes.
 */
import { minuteSeconds, type RateLimit } from '../api_keys/key_results.ts';
import { VerifierError } from '../errors.ts';
import type { SignInOptions } from '../sign_ins.ts';
import type { Verified, Verifier } from '../verifier.ts';
import type { PlainRequest, RequestLike } from './presented.ts';

type Scopes = string | readonly string[];

/** `acr` and `max_age` replace the verifier's own. `Carrier`: Koa's `ctx`, Express's or Fastify's request, or fetch's Request. */
export type ProtectOptions<Carrier = unknown> = {
  /**
   * All of these are required; they replace the verifier's own `scopes`. A function is called for each request, before
   * its credential is verified; with undefined, the verifier's own are required.
   */
  scopes?: Scopes | ((carrier: Carrier) => Scopes | undefined | Promise<Scopes | undefined>);
} & SignInOptions;

/** A response to send. */
export type Reply = { status: number; headers: Record<string, string>; body: string };

const verifiedByCarrier = new WeakMap<object, Verified>();

/** For middleware: the verified token or key of `request`, kept for `tokenOf(carrier)`. Rejects as `verify` does. */
export async function verifyFor<Carrier extends object, Credential extends Verified>(
  verifier: Verifier<Credential>,
  request: RequestLike | PlainRequest,
  carrier: Carrier,
  { scopes, ...signIn }: ProtectOptions<Carrier>,
): Promise<Credential> {
  const required = typeof scopes === 'function' ? await scopes(carrier) : scopes;
  const verified = await verifier.verify(request, {
    ...signIn,
    ...(required !== undefined && { scopes: required }),
  });
  verifiedByCarrier.set(carrier, verified);
  return verified;
}

/**
 * The verified token or API key of a request that passed middleware: Koa's `ctx`, Express's or Fastify's
 * request, or fetch's Request. Throws TypeError if no middleware ran, so a missing token never goes unnoticed.
 */
export function tokenOf(carrier: object): Verified {
  const verified = verifiedByCarrier.get(carrier);
  if (!verified) throw new TypeError('No middleware of the verifier protects this request');
  return verified;
}

/**
 * Header fields with the key's limits for the response to an accepted request; none for tokens that Cardea was
 * not asked about.
 */
export function limitHeaders({ rate_limit, quota }: Verified): Record<string, string> {
  return rateLimitHeaders(rate_limit, quota);
}

/** draft-ietf-httpapi-ratelimit-headers, as Cardea writes them. */
function rateLimitHeaders(...states: (RateLimit | null | undefined)[]): Record<string, string> {
  // A limit of 0 is not one of the key's. If there is only a monthly limit, it is passed twice.
  const known = states.flatMap((state) =>
    state?.limit ? [[limitNameOf(state), state] as const] : [],
  );
  const policies = [...new Map(known)];
  if (policies.length === 0) return {};
  const list = (write: (state: RateLimit) => string) =>
    policies.map(([name, state]) => `"${name}";${write(state)}`).join(', ');
  return {
    'ratelimit-policy': list(({ limit, window }) => `q=${limit};w=${window}`),
    ratelimit: list(({ remaining, reset }) => `r=${remaining};t=${reset}`),
  };
}

function limitNameOf({ window }: RateLimit): 'minute' | 'month' {
  return window === minuteSeconds ? 'minute' : 'month';
}

/** The response to an error of `verify`. Anything that is not a refusal is rethrown. */
export function replyTo(failure: unknown): Reply {
  if (!(failure instanceof VerifierError)) throw failure;
  const { status, message, wwwAuthenticate, retryAfter, rateLimit } = failure;
  const error = errorOf(failure);
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/json',
      ...(wwwAuthenticate !== undefined && { 'www-authenticate': wwwAuthenticate }),
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...rateLimitHeaders(rateLimit),
    },
    body: JSON.stringify(error === undefined ? {} : { error, error_description: message }),
  };
}

function errorOf({ error, status, code }: VerifierError): string | undefined {
  if (status === 429) return code;
  return error ?? (status === 503 ? 'temporarily_unavailable' : undefined);
}

const metadataMethods = 'GET, HEAD, OPTIONS';

/**
 * The response at the RFC 9728 document's address, if that is the path of `url` (a path or a whole URL). Pages of any
 * origin may read it: it is public, and MCP clients run in browsers, too.
 */
export function metadataReply(
  { resourceMetadata }: Verifier,
  method: string | undefined,
  url: string | undefined,
): Reply | undefined {
  if (!resourceMetadata || url === undefined) return undefined;
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').split('?', 1)[0];
  if (path !== resourceMetadata.path) return undefined;
  const anyOrigin = { 'access-control-allow-origin': '*' };
  if (method === 'OPTIONS') {
    // The preflight of a client that sends MCP-Protocol-Version along.
    const headers = {
      ...anyOrigin,
      'access-control-allow-methods': metadataMethods,
      'access-control-allow-headers': '*',
      'access-control-max-age': '7200',
    };
    return { status: 204, headers, body: '' };
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { ...anyOrigin, allow: metadataMethods }, body: '' };
  }
  return {
    status: 200,
    headers: {
      ...anyOrigin,
      'cache-control': 'public, max-age=300',
      'content-type': 'application/json',
    },
    body: resourceMetadata.body,
  };
}
