/**
 * Which keyrings an issuer has: one for the configured algorithm, and one for ES256, which clients under the
 * FAPI 2.0 Security Profile need (its section 5.4). The server and the operator's commands make the same.
 */
import type { AuditSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import type { Secrets } from '../secrets/room.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import type { KeyLog } from './snapshot.ts';

/** The configured algorithm's keyring comes first. */
export function createSigningKeyrings({
  policy,
  documents,
  secrets,
  clock,
  log,
  audit,
  longestTokenLifetimeMs,
}: {
  policy: Declaration['signing_keys'];
  documents: DocumentStore;
  secrets: Secrets;
  clock: Clock;
  log: KeyLog;
  audit: AuditSink;
  longestTokenLifetimeMs: () => number;
}): [Keyring, ...Keyring[]] {
  const keyring = (name: string, algorithm: typeof policy.algorithm) =>
    createKeyring({
      name,
      documents,
      secrets,
      clock,
      log,
      policy: {
        algorithm,
        rotateEveryMs: policy.rotate_every * 1000,
        publishAheadMs: policy.publish_ahead * 1000,
      },
      longestTokenLifetimeMs,
      onEvent: ({ type, kid, reason }) =>
        audit.record({ type, outcome: 'success', actor: 'system', details: { kid, reason } }),
    });
  // The second one stays also where ES256 is the configured algorithm: what it signed before lives on.
  return [keyring('signing_keys', policy.algorithm), keyring('signing_keys ES256', 'ES256')];
}

/** Unpublishes a key at once, whichever keyring has it; answers whether one had. See Keyring.revoke. */
export async function revokeSigningKey(
  keyrings: readonly Keyring[],
  kid: string,
  reason: string,
): Promise<boolean> {
  for (const keyring of keyrings) {
    const known = await keyring.list();
    if (!known.some((key) => key.kid === kid)) continue;
    await keyring.revoke(kid, { reason });
    return true;
  }
  return false;
}
