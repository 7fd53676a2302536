/**
 * Shared by all middleware: which token belongs to which request, and the response to a refusal. Frameworks are
 * known only by their shapes.
 */
import { minuteSeconds, type RateLimit } from '../api_keys/key_results.ts';
import { VerifierError } from '../errors.ts';
import type { Verified, Verifier } from '../verifier.ts';

export type ProtectOptions = {
  /** All of these are required; they replace the verifier's own `scopes`. */
  scopes?: string | readonly string[];
};

/** A response to send. */
export type Reply = { status: number; headers: Record<string, string>; body: string };

const verifiedByCarrier = new WeakMap<object, Verified>();

/** For middleware: stores the verified token or key of `carrier`. */
export function remember(carrier: object, verified: Verified): void {
  verifiedByCarrier.set(carrier, verified);
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

/** The RFC 9728 document, if `method` and `url` (a path or a whole URL) request it. */
export function metadataReply(
  { resourceMetadata }: Verifier,
  method: string | undefined,
  url: string | undefined,
): Reply | undefined {
  if (!resourceMetadata || (method !== 'GET' && method !== 'HEAD') || url === undefined) {
    return undefined;
  }
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').split('?', 1)[0];
  if (path !== resourceMetadata.path) return undefined;
  return {
    status: 200,
    headers: {
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=300',
      'content-type': 'application/json',
    },
    body: resourceMetadata.body,
  };
}
