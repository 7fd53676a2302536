/**
 * An operator's kill switches on a store, as the command line has them, for tests that have no API keys.
 */
import { createApiRegistry } from '../../src/apis/registry.ts';
import type { AuditSink } from '../../src/audit/events.ts';
import type { Clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/declaration.ts';
import type { Keyring } from '../../src/keys/keyring.ts';
import { createSecrets } from '../../src/keys/secrets.ts';
import { createSigningKeyrings, revokeSigningKey } from '../../src/keys/signing_keyrings.ts';
import type { Store } from '../../src/storage/store.ts';
import { createKillSwitches, type KillSwitches } from '../../src/tokens/kill_switches.ts';
import { createRevocations } from '../../src/tokens/revocations.ts';
import { createHitRanges } from '../../src/tokens/status/hit_ranges.ts';
import { testSecret } from './server.ts';

export function killSwitchesOn(
  store: Store,
  { declared, audit, clock }: { declared: object; audit: AuditSink; clock: Clock },
): { killSwitches: KillSwitches; keyrings: [Keyring, ...Keyring[]] } {
  const declaration = declarationSchema.parse(declared);
  const keyrings = createSigningKeyrings({
    policy: declaration.signing_keys,
    documents: store.documents,
    secrets: createSecrets([Buffer.from(testSecret, 'base64url')]),
    ...{ clock, audit, log: { info: () => {}, warn: () => {}, error: () => {} } },
    longestTokenLifetimeMs: () => 600_000,
  });
  const { revocations: markers, artifacts, statusRanges: ranges } = store;
  const killSwitches = createKillSwitches({
    revocations: createRevocations({ markers, artifacts, clock }),
    markers,
    hitRanges: createHitRanges({ ranges, clock }),
    unpublishKey: (kid, reason) => revokeSigningKey(keyrings, kid, reason),
    endApiKey: async () => undefined,
    apis: createApiRegistry(declaration.apis),
    promise: declaration.revocation.effective_within,
    ...{ audit, clock },
  });
  return { killSwitches, keyrings };
}
