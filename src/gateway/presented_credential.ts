/**
 * The credential that a caller presents to a gateway: in `Authorization: Bearer` an API key or an access token,
 * in `X-API-Key` an API key.
 */
import { parseKey } from '../api_keys/room.ts';
import { CardeaError } from '../errors.ts';

export type Credential = { kind: 'api_key' | 'token'; value: string };

/** As `IncomingMessage.headersDistinct` has them. */
type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Undefined: none. Throws CardeaError 400 for more than one (RFC 6750 section 2): whoever chose among them might
 * not choose as we do.
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

/** A gateway may send a header empty that the caller did not send. */
function valuesOf(values: readonly string[] = []): string[] {
  return values.map((text) => text.trim()).filter(Boolean);
}

/** Undefined: another scheme, which is none that can be used here. */
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
