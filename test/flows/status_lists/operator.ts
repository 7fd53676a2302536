/**
 * Whoever throws the switches: on the same store, with a clock of its own.
 */
import { createApiRegistry } from '../../../src/apis/registry.ts';
import type { Clock } from '../../../src/clock.ts';
import { declarationSchema } from '../../../src/config/declaration.ts';
import { createSecrets } from '../../../src/keys/secrets.ts';
import { createSigningKeyrings, revokeSigningKey } from '../../../src/keys/signing_keyrings.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createKillSwitches } from '../../../src/tokens/kill_switches.ts';
import { createRevocations, type RevocationTarget } from '../../../src/tokens/revocations.ts';
import { createHitRanges } from '../../../src/tokens/status/hit_ranges.ts';
import { createAuditTrail } from '../../support/rooms.ts';
import { testSecret } from '../../support/server.ts';
import { declaration } from './configuration.ts';

export type Operator = {
  store: Store;
  /** Complete when it resolves. */
  kill(target: RevocationTarget): Promise<void>;
  close(): Promise<void>;
};

export async function createOperator(url: string, clock: Clock): Promise<Operator> {
  const store = await openStore({ url });
  const audit = createAuditTrail();
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const parsed = declarationSchema.parse(declaration);
  const keyrings = createSigningKeyrings({
    policy: parsed.signing_keys,
    documents: store.documents,
    secrets: createSecrets([Buffer.from(testSecret, 'base64url')]),
    ...{ clock, audit, log: quiet },
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
    // No test of these has an API key.
    endApiKey: async () => undefined,
    apis: createApiRegistry(parsed.apis),
    promise: parsed.revocation.effective_within,
    ...{ audit, clock },
  });
  return {
    store,
    async kill(target) {
      await killSwitches.throwSwitch(target, { type: 'token.revoked', actor: 'operator' });
    },
    async close() {
      await Promise.all(keyrings.map((keyring) => keyring.close()));
      await store.close();
    },
  };
}
