/**
 * What all middleware share: which token belongs to which request, and the response to a refusal. The
 * frameworks are known by their shapes only.
 */
import { minute, type RateLimit } from '../api_keys/response.ts';
import { VerifierError } from '../errors.ts';
import type { Verified, Verifier } from '../verifier.ts';

export type ProtectOptions = {
  /** All of them are needed; in place of the verifier's own `scopes`. */
  scopes?: string | readonly string[];
};

/** A response to send. */
export type Reply = { status: number; headers: Record<string, string>; body: string };

const credentials = new WeakMap<object, Verified>();

/** For middleware: the token or key that `carrier` came with. */
export function remember(carrier: object, verified: Verified): void {
  credentials.set(carrier, verified);
}

/**
 * The verified token or API key of a request that went through middleware: Koa's `ctx`, Express's and Fastify's
 * request, or fetch's Request. Throws TypeError where no middleware ran: never silently without a token.
 */
export function tokenOf(carrier: object): Verified {
  const verified = credentials.get(carrier);
  if (!verified) throw new TypeError('No middleware of the verifier protects this request');
  return verified;
}

/** What the response to an accepted request says of the key's limits; nothing for tokens that Cardea was not asked about. */
export function limitFields({ rate_limit, quota }: Verified): Record<string, string> {
  return rateFields(rate_limit, quota);
}

/** draft-ietf-httpapi-ratelimit-headers, as Cardea itself writes them. */
function rateFields(...states: (RateLimit | null | undefined)[]): Record<string, string> {
  // A limit of 0 is none of the key's. Where there is one by the month only, it is told twice.
  const known = states.flatMap((state) => (state?.limit ? [[nameOf(state), state] as const] : []));
  const policies = [...new Map(known)];
  if (policies.length === 0) return {};
  const list = (write: (state: RateLimit) => string) =>
    policies.map(([name, state]) => `"${name}";${write(state)}`).join(', ');
  return {
    'ratelimit-policy': list(({ limit, window }) => `q=${limit};w=${window}`),
    ratelimit: list(({ remaining, reset }) => `r=${remaining};t=${reset}`),
  };
}

function nameOf({ window }: RateLimit): 'minute' | 'month' {
  return window === minute ? 'minute' : 'month';
}

/** The response to what `verify` rejected with; anything that is no refusal is thrown again. */
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
      ...rateFields(rateLimit),
    },
    body: JSON.stringify(error === undefined ? {} : { error, error_description: message }),
  };
}

function errorOf({ error, status, code }: VerifierError): string | undefined {
  if (status === 429) return code;
  return error ?? (status === 503 ? 'temporarily_unavailable' : undefined);
}

/** The RFC 9728 document, when it is what `method` and `url` (a path or a whole URL) ask for. */
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
