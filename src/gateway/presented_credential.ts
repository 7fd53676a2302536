/**
 * The credential that a caller presents to a gateway: an API key or access token in `Authorization: Bearer`, or
 * an API key in `X-API-Key`.
 */
import { parseKey } from '../api_keys/room.ts';
import { CardeaError } from '../errors.ts';

export type Credential = { kind: 'api_key' | 'token'; value: string };

/** Shaped like `IncomingMessage.headersDistinct`. */
type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Undefined if there is none. Throws CardeaError (400) if there is more than one (RFC 6750 section 2): the API
 * behind the gateway might choose a different one than we do.
 */
export function presentedCredential(headers: DistinctHeaders): Credential | undefined {
  const authorizations = valuesOf(headers.authorization);
  const keys = valuesOf(headers['x-api-key']);
  const tokens = authorizations.flatMap((text) => bearerToken(text) ?? []);
  if (authorizations.length > 1 || keys.length + tokens.length > 1) throw moreThanOne();
  const [[key], [token]] = [keys, tokens];
  if (key !== undefined) return { kind: 'api_key', value: key };
  if (token === undefined) return undefined;
  return { kind: parseKey(token) ? 'api_key' : 'token', value: token };
}

/** A gateway may send a header empty that the caller did not send at all. */
function valuesOf(values: readonly string[] = []): string[] {
  return values.map((text) => text.trim()).filter(Boolean);
}

/** Undefined for other schemes, which are not supported here. */
function bearerToken(authorization: string): string | undefined {
  return /^bearer\s+(.*)$/is.exec(authorization)?.[1];
}

function moreThanOne(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'The request has more than one credential.',
  });
}
