/**
 * The credential that a caller presents to a gateway: an API key or access token in `Authorization: Bearer`, or an API
 * key in `X-API-Key` or with another scheme that the operator allows.
 */
import { parseKey } from '../api_keys/room.ts';
import type { KeyScheme } from '../definitions/api_keys.ts';
import { CardeaError } from '../errors.ts';

export type Credential = { kind: 'api_key' | 'token'; value: string };

/** Shaped like `IncomingMessage.headersDistinct`. */
type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Undefined if there is none. Throws CardeaError (400) if there is more than one (RFC 6750 section 2): the API
 * behind the gateway might choose a different one than we do.
 */
export function presentedCredential(
  headers: DistinctHeaders,
  schemes: readonly KeyScheme[],
): Credential | undefined {
  const authorizations = valuesOf(headers.authorization);
  const keys = valuesOf(headers['x-api-key']);
  const others = authorizations.flatMap((text) => credentialIn(text, schemes) ?? []);
  if (authorizations.length > 1 || keys.length + others.length > 1) throw moreThanOne();
  const [key] = keys;
  return key === undefined ? others[0] : { kind: 'api_key', value: key };
}

/** A gateway may send a header empty that the caller did not send at all. */
function valuesOf(values: readonly string[] = []): string[] {
  return values.map((text) => text.trim()).filter(Boolean);
}

/** Undefined for schemes that are not supported here, and for what is no key in those that are for keys alone. */
function credentialIn(
  authorization: string,
  schemes: readonly KeyScheme[],
): Credential | undefined {
  const [, name = '', value = ''] = /^(\S+)\s+(.*)$/s.exec(authorization) ?? [];
  const scheme = name.toLowerCase();
  if (scheme === 'bearer') return { kind: parseKey(value) ? 'api_key' : 'token', value };
  if (!schemes.some((allowed) => allowed === scheme)) return undefined;
  const key = scheme === 'basic' ? userName(value) : value;
  return parseKey(key) ? { kind: 'api_key', value: key } : undefined;
}

/** RFC 7617 section 2. The password counts for nothing. */
function userName(credentials: string): string {
  const [name = ''] = Buffer.from(credentials, 'base64').toString().split(':', 1);
  return name;
}

function moreThanOne(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'The request has more than one credential.',
  });
}
