/**
 * The keyrings of an issuer: one for the configured algorithm, and one for ES256, which clients under the
 * FAPI 2.0 Security Profile need (its section 5.4). The server and the command line create the same.
 */
import {
  type AuditContext,
  type AuditRecord,
  bySystem,
  type ChangeSink,
  onRecord,
} from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import type { Secrets } from '../secrets/room.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { createKeyring, type Keyring, type SigningKeyOrder } from './keyring.ts';
import type { KeyringLog } from './keyring_snapshot.ts';
import type { SigningKeyEvent } from './keyset_changes.ts';

/** The keyring of the configured algorithm comes first. */
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
  log: KeyringLog;
  audit: Pick<ChangeSink, 'recordChanges'>;
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
      record: (events, by, write) =>
        audit.recordChanges(
          events.map((event) => eventOf(event, by)),
          write,
        ),
    });
  // The second one stays even if ES256 is the configured algorithm: what it signed before is still valid.
  return [keyring('signing_keys', policy.algorithm), keyring('signing_keys ES256', 'ES256')];
}

function eventOf({ type, kid, reason }: SigningKeyEvent, by: AuditContext = bySystem): AuditRecord {
  const target = { kind: 'signing_key', id: kid } as const;
  return { type, outcome: 'success', ...onRecord(by), target, details: { kid, reason } };
}

/**
 * Removes a key from the JWKS at once, in whichever keyring it is. Returns whether one had it. See
 * Keyring.revoke.
 */
export async function revokeSigningKey(
  keyrings: readonly Keyring[],
  kid: string,
  order: SigningKeyOrder,
): Promise<boolean> {
  for (const keyring of keyrings) {
    const known = await keyring.list();
    if (!known.some((key) => key.kid === kid)) continue;
    await keyring.revoke(kid, order);
    return true;
  }
  return false;
}
