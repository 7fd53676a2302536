/**
 * The services that know what a token is worth: signing keys, revocation, and what status lists say.
 */
import type { Keyring } from '../signing_keys/room.ts';
import type { KillSwitches, ListRegistry, Revocations, StatusRecords } from '../tokens/room.ts';
import { once } from './once.ts';
import type { Basis } from './services.ts';

export type TokenServices = {
  /** Not started: they list, rotate, revoke and read, and set no timers. */
  keyrings(): Promise<[Keyring, ...Keyring[]]>;
  switches(): Promise<{ revocations: Revocations; killSwitches: KillSwitches }>;
  /** Takes a signing key out of the JWKS, if it is still in. */
  removeSigningKey(kid: string, reason: string): Promise<boolean>;
  statusLists(): Promise<{ registry: ListRegistry; records: StatusRecords }>;
};

export function createTokenServices(
  { config, store, secrets, apis, announce, audit, clock, log, closing }: Basis,
  { onMarked }: { onMarked: () => void },
): TokenServices {
  const longestTokenLifetimeMs = () => apis.longestTokenLifetimeMs();

  const keyrings = once(async () => {
    const { createSigningKeyrings } = await import('../signing_keys/room.ts');
    const made = createSigningKeyrings({
      ...{ secrets, clock, log, audit, longestTokenLifetimeMs },
      policy: config.declaration.signing_keys,
      documents: store.documents,
    });
    for (const keyring of made) closing.defer(() => keyring.close());
    return made;
  });

  const removeSigningKey = async (kid: string, reason: string) => {
    const { revokeSigningKey } = await import('../signing_keys/room.ts');
    return revokeSigningKey(await keyrings(), kid, reason);
  };

  const switches = once(async () => {
    const { createStoreSwitches } = await import('../tokens/room.ts');
    const { createKeyChanges, createApiKeyRevoker } = await import('../api_keys/room.ts');
    const changes = createKeyChanges({ announce });
    return createStoreSwitches({
      ...{ store, audit, apis, announce, clock, removeSigningKey, onMarked },
      apiKeyRevoker: createApiKeyRevoker({ keys: store.apiKeys, changes, clock }),
      effectiveWithin: config.declaration.revocation.effective_within,
    });
  });

  const statusLists = once(async () => {
    const { createListRegistry, createStatusRecords } = await import('../tokens/room.ts');
    const { documents, statusRanges: ranges } = store;
    const registry = createListRegistry({ documents, clock, longestTokenLifetimeMs });
    return { registry, records: createStatusRecords({ registry, ranges, clock }) };
  });

  return { keyrings, switches, removeSigningKey, statusLists };
}
