/**
 * What all middleware share: which token belongs to which request, and the response to a refusal. The
 * frameworks are known by their shapes only.
 */

import { VerifierError } from './errors.ts';
import type { VerifiedToken, Verifier } from './verifier.ts';

export type ProtectOptions = {
  /** All of them are needed; in place of the verifier's own `scopes`. */
  scopes?: string | readonly string[];
};

/** A response to send. */
export type Reply = { status: number; headers: Record<string, string>; body: string };

const tokens = new WeakMap<object, VerifiedToken>();

/** For middleware: the token that `carrier` came with. */
export function remember(carrier: object, token: VerifiedToken): void {
  tokens.set(carrier, token);
}

/**
 * The verified token of a request that went through middleware: Koa's `ctx`, Express's and Fastify's request,
 * or fetch's Request. Throws TypeError where no middleware ran: never silently without a token.
 */
export function tokenOf(carrier: object): VerifiedToken {
  const token = tokens.get(carrier);
  if (!token) throw new TypeError('No middleware of the verifier protects this request');
  return token;
}

/** The response to what `verify` rejected with; anything that is no refusal is thrown again. */
export function replyTo(failure: unknown): Reply {
  if (!(failure instanceof VerifierError)) throw failure;
  const { status, error, message, wwwAuthenticate, retryAfter } = failure;
  const code = error ?? (status === 503 ? 'temporarily_unavailable' : undefined);
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/json',
      ...(wwwAuthenticate !== undefined && { 'www-authenticate': wwwAuthenticate }),
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(code === undefined ? {} : { error: code, error_description: message }),
  };
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
