/**
 * Token families: everything that one redeemed code (or device code) led to, through all refreshes. A
 * family's name is derived, never stored on its own: the grant, a dot, and the first characters of the code's
 * hash. So a JWT that names its family also names its grant, and two concurrent redemptions of one code name
 * the same family.
 */
import { sha256 } from '../../digests.ts';

const separator = '.';

/** The family that begins when this code is redeemed. `codeId` is the stored id of the code (already a hash). */
export function familyOf(grantId: string, codeId: string): string {
  return `${grantId}${separator}${codeId.slice(0, 12)}`;
}

/** The grant of a family. */
export function grantOf(familyId: string): string {
  return familyId.slice(0, familyId.lastIndexOf(separator));
}

/**
 * What tokens reveal of the browser session that they belong to: one name per session and client. It is
 * enough to revoke by, but useless for looking up the session or for correlating clients.
 */
export function sessionReference(sessionUid: string, clientId: string): string {
  return sha256(`session ${sessionUid} ${clientId}`).slice(0, 22);
}
