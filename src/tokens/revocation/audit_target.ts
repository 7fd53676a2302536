/**
 * What a revocation is of, as the audit trail names it.
 */
import { fingerprint } from '../../digests.ts';
import type { AuditTarget } from '../../storage/audit_events.ts';
import type { RevocationTarget } from './revocations.ts';

/** Undefined: everything. Bearer values are named by their fingerprints. */
export function auditTargetOf(target: RevocationTarget): AuditTarget | undefined {
  if ('token' in target) return { kind: 'token', id: target.token };
  if ('record' in target) return { kind: 'token', id: fingerprint(target.record.id) };
  if ('familyId' in target) return { kind: 'token', id: fingerprint(target.familyId) };
  if ('grantId' in target) return { kind: 'grant', id: target.grantId };
  if ('session' in target) return { kind: 'session', id: fingerprint(target.session) };
  if ('sessionUid' in target) return { kind: 'session', id: fingerprint(target.sessionUid) };
  if ('clientId' in target) return { kind: 'client', id: target.clientId };
  if ('accountId' in target) return { kind: 'user', id: target.accountId };
  if ('api' in target) return { kind: 'api', id: target.api };
  if ('apiKey' in target) return { kind: 'api_key', id: target.apiKey };
  if ('tokensOfApiKey' in target) return { kind: 'api_key', id: target.tokensOfApiKey };
  if ('tokensOfProject' in target) return { kind: 'project', id: target.tokensOfProject };
  if ('keysOfProject' in target) return { kind: 'project', id: target.keysOfProject };
  if ('keyId' in target) return { kind: 'signing_key', id: target.keyId };
  return undefined;
}
