/**
 * An operator's kill switches on a store, as the command line has them, and what they are made of.
 */

import { testSecret } from '../../harness/test_secret.ts';
import { createKeyChanges } from '../../src/api_keys/lifecycle/key_changes.ts';
import { createApiKeyRevoker } from '../../src/api_keys/lifecycle/key_revoker.ts';
import { createApiRegistry } from '../../src/apis/room.ts';
import type { ChangeSink } from '../../src/audit/events.ts';
import { createChangeMarkers } from '../../src/caching/change_markers.ts';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import type { Clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createSecrets } from '../../src/secrets/secrets.ts';
import {
  createSigningKeyrings,
  revokeSigningKey,
} from '../../src/signing_keys/signing_keyrings.ts';
import type { Store } from '../../src/storage/store.ts';
import { createStoreSwitches } from '../../src/tokens/revocation/store_switches.ts';

export function killSwitchesOn(
  store: Store,
  { declared, audit, clock }: { declared: object; audit: ChangeSink; clock: Clock },
) {
  const declaration = declarationSchema.parse(declared);
  const apis = createApiRegistry(declaration.apis);
  const secrets = createSecrets([Buffer.from(testSecret, 'base64url')]);
  const announce = createChangeMarkers({ markers: store.revocations, clock });
  const changes = createKeyChanges({ announce });
  const keyrings = createSigningKeyrings({
    policy: declaration.signing_keys,
    documents: store.documents,
    ...{
      secrets,
      clock,
      audit,
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    },
    longestTokenLifetimeMs: () => 600_000,
  });
  const { revocations, killSwitches } = createStoreSwitches({
    removeSigningKey: (kid, order) => revokeSigningKey(keyrings, kid, order),
    apiKeyRevoker: createApiKeyRevoker({ keys: store.apiKeys, changes, clock }),
    watch: createMarkerWatch({ markers: store.revocations, clock }),
    announce,
    effectiveWithin: declaration.revocation.effective_within,
    ...{ store, apis, audit, clock },
  });
  return { revocations, killSwitches, keyrings, declaration, apis, secrets, changes, announce };
}
