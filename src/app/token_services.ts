/**
 * The services that decide whether a token is valid: signing keys, revocation and status lists.
 */
import type { Keyring, SigningKeyOrder } from '../signing_keys/room.ts';
import type {
  EstimateRevocation,
  KillSwitches,
  ListRegistry,
  Revocations,
  StatusRecords,
} from '../tokens/room.ts';
import { memoized } from './memoized.ts';
import type { Basis } from './services.ts';

export type TokenServices = {
  /** Not started: they can list, rotate, revoke and read, but set no timers. */
  keyrings(): Promise<[Keyring, ...Keyring[]]>;
  switches(): Promise<{
    revocations: Revocations;
    killSwitches: KillSwitches;
    estimate: EstimateRevocation;
  }>;
  /** Revokes a signing key and removes it from the JWKS. False if there is no such key. */
  removeSigningKey(kid: string, order: SigningKeyOrder): Promise<boolean>;
  statusLists(): Promise<{ registry: ListRegistry; records: StatusRecords }>;
  /** Has `listener` called after each revocation by this process, from now on. */
  onMarked(listener: () => void): void;
};

export function createTokenServices({
  config,
  store,
  secrets,
  apis,
  watch,
  announce,
  audit,
  clock,
  log,
  closing,
}: Basis): TokenServices {
  const listeners: (() => void)[] = [];
  const longestTokenLifetimeMs = () => apis.longestTokenLifetimeMs();

  const keyrings = memoized(async () => {
    const { createSigningKeyrings } = await import('../signing_keys/room.ts');
    const made = createSigningKeyrings({
      ...{ secrets, clock, log, audit, longestTokenLifetimeMs },
      policy: config.declaration.signing_keys,
      documents: store.documents,
    });
    for (const keyring of made) closing.defer(() => keyring.close());
    return made;
  });

  const removeSigningKey = async (kid: string, order: SigningKeyOrder) => {
    const { revokeSigningKey } = await import('../signing_keys/room.ts');
    return revokeSigningKey(await keyrings(), kid, order);
  };

  const switches = memoized(async () => {
    const { createStoreSwitches } = await import('../tokens/room.ts');
    const { createKeyChanges, createApiKeyRevoker } = await import('../api_keys/room.ts');
    const changes = createKeyChanges({ announce });
    return createStoreSwitches({
      ...{ store, audit, apis, watch, announce, clock, removeSigningKey },
      onMarked: () => {
        for (const listener of listeners) listener();
      },
      apiKeyRevoker: createApiKeyRevoker({ keys: store.apiKeys, changes, clock }),
      effectiveWithin: config.declaration.revocation.effective_within,
    });
  });

  const statusLists = memoized(async () => {
    const { createListRegistry, createStatusRecords } = await import('../tokens/room.ts');
    const { documents, statusRanges: ranges } = store;
    const registry = createListRegistry({ documents, clock, longestTokenLifetimeMs });
    return { registry, records: createStatusRecords({ registry, ranges, clock }) };
  });

  const onMarked = (listener: () => void) => void listeners.push(listener);

  return { keyrings, switches, removeSigningKey, statusLists, onMarked };
}
