/**
 * An operator's process: the kill switches on a store of its own, as the command line has them.
 */
import { createApiRegistry } from '../../../src/apis/registry.ts';
import { type Audit, createAudit } from '../../../src/audit/recorder.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { declarationSchema } from '../../../src/config/declaration.ts';
import type { Keyring } from '../../../src/keys/keyring.ts';
import { createSecrets } from '../../../src/keys/secrets.ts';
import { createSigningKeyrings, revokeSigningKey } from '../../../src/keys/signing_keyrings.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createKillSwitches, type KillSwitches } from '../../../src/tokens/kill_switches.ts';
import { createRevocations } from '../../../src/tokens/revocations.ts';
import { createHitRanges } from '../../../src/tokens/status/hit_ranges.ts';
import { testSecret } from '../../support/server.ts';

export type Operator = {
  killSwitches: KillSwitches;
  keyrings: [Keyring, ...Keyring[]];
  audit: Audit;
};

const silent = { info: () => {}, warn: () => {}, error: () => {} };

export function createOperator(store: Store, declared: object = {}): Operator {
  const declaration = declarationSchema.parse(declared);
  const audit = createAudit({ store: store.audit, clock, log: silent });
  const keyrings = createSigningKeyrings({
    policy: declaration.signing_keys,
    documents: store.documents,
    secrets: createSecrets([Buffer.from(testSecret, 'base64url')]),
    ...{ clock, log: silent, audit },
    longestTokenLifetimeMs: () => 600_000,
  });
  const killSwitches = createKillSwitches({
    revocations: createRevocations({
      markers: store.revocations,
      artifacts: store.artifacts,
      clock,
    }),
    markers: store.revocations,
    hitRanges: createHitRanges({ ranges: store.statusRanges, clock }),
    unpublishKey: (kid, reason) => revokeSigningKey(keyrings, kid, reason),
    endApiKey: async () => false,
    ...{ audit, clock },
    apis: createApiRegistry(declaration.apis),
    promise: declaration.revocation.effective_within,
  });
  return { killSwitches, keyrings, audit };
}
