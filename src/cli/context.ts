/**
 * What operators' commands work with: the configuration, the opened store, and the rooms on it. Rooms are
 * made as a command asks for them; all is closed when it ends, however it ends.
 */
import { type ApiKeys, createKeyChanges } from '../api_keys/room.ts';
import { type ApiRegistry, createApiRegistry } from '../apis/room.ts';
import { type Audit, type AuditContext, createAudit } from '../audit/room.ts';
import { createChangeMarkers } from '../caching/change_markers.ts';
import type { Clients } from '../clients/room.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { longestTokenLifetimeMs } from '../oidc/room.ts';
import type { Projects } from '../projects/room.ts';
import type { Keyring } from '../signing_keys/room.ts';
import { StoreMissingError } from '../storage/errors.ts';
import { notAppliedYet, requireOwnStore } from '../storage/identity.ts';
import { openStore } from '../storage/open.ts';
import type { Store } from '../storage/store.ts';
import {
  createListRegistry,
  createStatusRecords,
  type KillSwitches,
  type ListRegistry,
  type Revocations,
  type StatusRecords,
} from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import { type OutputOptions, remark } from './terminal/output.ts';
import { commandLog } from './terminal/stderr_log.ts';
import { namingStore, storeName } from './terminal/store_name.ts';

export type OperatorContext = {
  config: Config;
  clock: Clock;
  store: Store;
  audit: Audit;
  apis: ApiRegistry;
  /** Who does it, for the audit trail. */
  operator: AuditContext;
  clients(): Promise<Clients>;
  users(): Promise<Users>;
  /** Not started: they list, rotate, revoke and read, and set no timers. */
  keyrings(): Promise<[Keyring, ...Keyring[]]>;
  revocations(): Promise<Revocations>;
  killSwitches(): Promise<KillSwitches>;
  listRegistry(): ListRegistry;
  statusRecords(): StatusRecords;
  apiKeys(): Promise<ApiKeys>;
  projects(): Promise<Projects>;
};

type Work<T> = (context: OperatorContext) => Promise<T>;

/**
 * Runs `work`, which only reads, on the store of the configured issuer. It never makes a store. Throws ConfigError,
 * CardeaError `not_applied_yet` where no node has started on the store, `other_issuer` where it is another issuer's,
 * what opening the store throws, and what `work` throws.
 */
export async function withContext<T>(work: Work<T>): Promise<T> {
  return onStore(await loadConfig(process.env), work);
}

/** The same for work that changes something: says on stderr whose store it is that changes. */
export async function withChanges<T>({ json }: OutputOptions, work: Work<T>): Promise<T> {
  const config = await loadConfig(process.env);
  const { issuer, store, developmentMode } = config;
  const mode = developmentMode ? ' (development mode)' : '';
  const name = () => remark(`Issuer ${issuer}${mode}, store ${storeName(store)}`);
  // What fails with --json says so in one JSON object on stderr, and in nothing else.
  if (json) {
    const result = await onStore(config, work);
    name();
    return result;
  }
  name();
  return onStore(config, work);
}

async function onStore<T>(config: Config, work: Work<T>): Promise<T> {
  const clock = systemClock;
  const owner = { issuer: config.issuer, development: config.developmentMode };
  const store = await openStore({ url: config.store, clock, mustExist: true }).catch((error) => {
    throw error instanceof StoreMissingError
      ? notAppliedYet(owner)
      : namingStore(error, config.store);
  });
  const audit = createAudit({ store: store.audit, clock, log: commandLog });
  const apis = createApiRegistry(config.declaration.apis);
  const announce = createChangeMarkers({ markers: store.revocations, clock });
  const changes = createKeyChanges({ announce });
  const policy = config.declaration.api_keys;
  const closers: (() => unknown)[] = [];
  try {
    await requireOwnStore(store.documents, owner);
    const switches = async () => {
      const { createStoreSwitches } = await import('../tokens/room.ts');
      const { revokeSigningKey } = await import('../signing_keys/room.ts');
      const { createKeyEnds } = await import('../api_keys/room.ts');
      return createStoreSwitches({
        ...{ store, audit, apis, announce, clock },
        removeSigningKey: async (kid, reason) =>
          revokeSigningKey(await context.keyrings(), kid, reason),
        apiKeyRevoker: createKeyEnds({ keys: store.apiKeys, changes, clock }),
        effectiveWithin: config.declaration.revocation.effective_within,
      });
    };

    const context: OperatorContext = {
      config,
      clock,
      store,
      audit,
      apis,
      operator: { actor: 'operator' },

      async clients() {
        const { createClients } = await import('../clients/room.ts');
        const { createClientCheck } = await import('./records/client_check.ts');
        const { createStandaloneClientCheck } = await import('../oidc/room.ts');
        const ownRules = createClientCheck(config.declaration);
        const engine = createStandaloneClientCheck(config.declaration);
        const validate: typeof ownRules = async (...client) => {
          await ownRules(...client);
          engine.check(...client);
        };
        const killSwitches = await context.killSwitches();
        return createClients({
          ...{ store: store.clients, killSwitches, clock, audit, announce, validate },
        });
      },

      async users() {
        const { createUsers } = await import('../users/room.ts');
        const { createPasswords } = await import('../users/room.ts');
        const passwords = createPasswords({ log: commandLog });
        closers.push(() => passwords.close());
        const killSwitches = await context.killSwitches();
        return createUsers({ store: store.users, passwords, killSwitches, clock, audit });
      },

      async keyrings() {
        const { createSecrets } = await import('../secrets/room.ts');
        const { createSigningKeyrings } = await import('../signing_keys/room.ts');
        const keyrings = createSigningKeyrings({
          policy: config.declaration.signing_keys,
          documents: store.documents,
          secrets: createSecrets(config.secrets),
          clock,
          log: commandLog,
          audit,
          longestTokenLifetimeMs: () => longestTokenLifetimeMs(apis),
        });
        closers.push(...keyrings.map((keyring) => () => keyring.close()));
        return keyrings;
      },

      revocations: async () => (await switches()).revocations,
      killSwitches: async () => (await switches()).killSwitches,

      listRegistry: () =>
        createListRegistry({
          documents: store.documents,
          clock,
          longestTokenLifetimeMs: () => longestTokenLifetimeMs(apis),
        }),

      statusRecords: () =>
        createStatusRecords({
          registry: context.listRegistry(),
          ranges: store.statusRanges,
          clock,
        }),

      async apiKeys() {
        const { createApiKeys } = await import('../api_keys/room.ts');
        const { createIdempotentRequests } = await import('../api_keys/room.ts');
        const { createSecrets } = await import('../secrets/room.ts');
        const secrets = createSecrets(config.secrets);
        const { apiKeys: keys, projects, users, artifacts } = store;
        return createApiKeys({
          ...{ keys, projects, users, apis, policy, changes, audit, clock },
          idempotent: createIdempotentRequests({ artifacts, secrets, clock }),
          killSwitches: await context.killSwitches(),
        });
      },

      async projects() {
        const { createProjects } = await import('../projects/room.ts');
        const { apiKeys: keys, projects, users } = store;
        const killSwitches = await context.killSwitches();
        return createProjects({
          ...{ projects, keys, users, apis, policy, changes, killSwitches, audit, clock },
        });
      },
    };
    return await work(context);
  } finally {
    for (const close of closers) await close();
    await audit.close();
    await store.close();
  }
}
