/**
 * Token families: everything that one redemption of a code (or device code) led to, through all its
 * rotations. A family's name is derived, never stored on its own: the grant it stands on, a dot, and the
 * beginning of the hash of the code that it sprang from. So a JWT that names its family also names its
 * grant, and two racing redemptions of one code speak of the same family.
 */
import { sha256 } from '../../digests.ts';

const separator = '.';

/** The family that redeeming this code begins. `codeId` is the code's stored id (already a hash). */
export function familyOf(grantId: string, codeId: string): string {
  return `${grantId}${separator}${codeId.slice(0, 12)}`;
}

/** The grant that a family stands on. */
export function grantOf(familyId: string): string {
  return familyId.slice(0, familyId.lastIndexOf(separator));
}

/**
 * What tokens show of the browser session that they are bound to: one name per session and client, enough
 * to revoke by, nothing to look the session up with or to correlate clients by.
 */
export function sessionReference(sessionUid: string, clientId: string): string {
  return sha256(`session ${sessionUid} ${clientId}`).slice(0, 22);
}
