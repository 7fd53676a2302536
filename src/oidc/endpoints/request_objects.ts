/**
 * Request objects (RFC 9101): an authorization request as a JWT that the client signed, by value or pushed.
 * Unsigned ones are not taken, and none is fetched (`request_uri` is only what was pushed here). The library
 * verifies signature, issuer, audience and times; what a profile asks beyond that is here.
 */
import type { Client } from 'oidc-provider';
import { errors } from '../engine/library.ts';

/** Seconds between `nbf` and `exp`. */
const longestLife = 3600;

/**
 * FAPI 2.0 Message Signing 5.3.1 and Security Profile 5.4.1 for `profile: fapi2`. Called for whatever was
 * pushed, too: the library keeps it as an unsigned request object of its own. Throws InvalidRequestObject.
 */
export async function assertRequestObject(
  _ctx: unknown,
  { exp, nbf, aud }: { exp?: number; nbf?: number; aud?: unknown },
  { alg }: { alg?: unknown },
  client: Client,
): Promise<void> {
  if (client.profile !== 'fapi2') return;
  if (alg === 'RS256') throw new errors.InvalidRequestObject('RS256 is not allowed by FAPI 2.0');
  if (aud === undefined || exp === undefined || nbf === undefined) {
    throw new errors.InvalidRequestObject('aud, exp and nbf are required by FAPI 2.0');
  }
  if (exp <= nbf || exp - nbf > longestLife) {
    throw new errors.InvalidRequestObject('exp is more than an hour after nbf');
  }
}
