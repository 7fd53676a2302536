/**
 * Grant types as log, audit trail and metrics may name them. A stranger's text in this place is told as
 * `other`: it could be anything, a secret that went into the wrong field included.
 */
import { grantTypes } from '../definitions/oauth.ts';

const known = new Set<string>(grantTypes);

export function grantTypeName(grantType: string): string {
  return known.has(grantType) ? grantType : 'other';
}
