/**
 * What Apple takes in the place of a client secret: a statement that is signed with the key of the developer account
 * (https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret). Made for each
 * request, so that none has to be renewed and none that leaks is of use for long.
 */
import { importPKCS8, SignJWT } from 'jose';
import { CardeaError } from '../errors.ts';

/** Apple takes up to six months. */
const lifetimeSeconds = 300;
const audience = 'https://appleid.apple.com';

export type AppleKey = {
  teamId: string;
  keyId: string;
  /** PEM (PKCS #8), as Apple's `.p8` file has it. */
  privateKey: string;
};

/** `now`: milliseconds since the epoch. Throws CardeaError `apple_key_unusable` (500). */
export async function appleClientSecret(
  { teamId, keyId, privateKey }: AppleKey,
  clientId: string,
  now: number,
): Promise<string> {
  const key = await importPKCS8(privateKey, 'ES256').catch((cause: unknown) => {
    throw new CardeaError({
      ...{ code: 'apple_key_unusable', status: 500, cause },
      message: 'The private key for Sign in with Apple is no P-256 key in PKCS #8 (PEM).',
    });
  });
  const seconds = Math.floor(now / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setSubject(clientId)
    .setAudience(audience)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + lifetimeSeconds)
    .sign(key);
}
