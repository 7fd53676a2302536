/**
 * Grant types as log, audit trail and metrics may name them. Anything unknown becomes `other`: a stranger's
 * text could be anything, including a secret in the wrong field.
 */
import { grantTypes } from '../definitions/oauth.ts';

const known = new Set<string>(grantTypes);

export function grantTypeLabel(grantType: string): string {
  return known.has(grantType) ? grantType : 'other';
}
