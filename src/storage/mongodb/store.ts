/**
 * The store for several nodes: one MongoDB database. It owns opening and closing; what is in it belongs
 * to the files beside this one.
 */
import type { Clock } from '../../clock.ts';
import { StoreMissingError, StoreOutdatedError } from '../errors.ts';
import { createSearch } from '../search.ts';
import type { Store, StoreLog } from '../store.ts';
import { createApiKeyStore } from './api_keys.ts';
import { createApiStore } from './apis.ts';
import { createArtifactStore } from './artifacts.ts';
import { createAuditChainStore } from './audit_chains.ts';
import { createAuditStore } from './audit_events.ts';
import { createAuthenticatorStore } from './authenticators.ts';
import { createClientStore } from './clients.ts';
import { connect } from './connection.ts';
import { createCounterStore } from './counters.ts';
import { createDeliveryStore } from './deliveries.ts';
import { createDocumentStore } from './documents.ts';
import { createGroupStore } from './groups.ts';
import { hasSchema, migrate, needsMigration } from './migrations.ts';
import { createProjectStore } from './projects.ts';
import { purge } from './purge.ts';
import { createRefusalStore } from './refusals.ts';
import { createRevocationStore } from './revocations.ts';
import { createStatisticsStore } from './statistics.ts';
import { createStatusLeaseStore } from './status_leases.ts';
import { createStatusRangeStore } from './status_ranges.ts';
import { createUsageStore } from './usage.ts';
import { createUserStore } from './users.ts';

export type MongoStoreOptions = {
  /** The connection string. */
  url: string;
  /** The database's name. */
  database: string;
  clock: Clock;
  log?: StoreLog | undefined;
  answerMs: number;
  /** Creates nothing where there is no schema: StoreMissingError. */
  mustExist: boolean;
  /** Leaves an older schema: StoreOutdatedError. */
  asItIs: boolean;
};

/** Connects and brings the schema up to date. */
export async function openMongoStore({
  clock,
  mustExist,
  asItIs,
  ...address
}: MongoStoreOptions): Promise<Store> {
  const connection = await connect(address);
  const { database, guard } = connection;
  try {
    if (mustExist && !(await guard(() => hasSchema(database)))) throw new StoreMissingError();
    if (await guard(() => needsMigration(database))) {
      if (asItIs) throw new StoreOutdatedError();
      const migrated = await migratePatiently(address);
      if (migrated) address.log?.info({ engine: 'mongodb' }, 'store schema migrated');
    }
  } catch (error) {
    await connection.close();
    throw error;
  }

  const documents = createDocumentStore(connection);
  const lists = {
    apiKeys: createApiKeyStore(connection),
    clients: createClientStore(connection),
    projects: createProjectStore(connection),
    users: createUserStore(connection),
  };

  return {
    engine: 'mongodb',
    ...lists,
    apis: createApiStore(connection),
    artifacts: createArtifactStore(connection, clock),
    audit: createAuditStore(connection),
    auditChains: createAuditChainStore(connection),
    authenticators: createAuthenticatorStore(connection),
    counters: createCounterStore(connection),
    documents,
    groups: createGroupStore(connection),
    refusals: createRefusalStore(connection),
    revocations: createRevocationStore(connection),
    search: createSearch(lists, documents),
    statistics: createStatisticsStore(connection),
    statusLeases: createStatusLeaseStore(connection),
    statusRanges: createStatusRangeStore(connection),
    usage: createUsageStore(connection),
    deliveries: createDeliveryStore(connection),
    async ping() {
      // A read at the primary; the server's own `ping` would also answer where nothing can be written.
      await guard(() => database.collection('schema').findOne({}));
    },
    purge: (options) => purge(connection, options),
    close: connection.close,
  };
}

/** Over a connection of its own: the building of an index over many records takes its time. */
async function migratePatiently(
  address: Omit<MongoStoreOptions, 'clock' | 'mustExist' | 'asItIs'>,
): Promise<boolean> {
  const connection = await connect({ ...address, answerMs: 0 });
  try {
    return await connection.guard(() => migrate(connection.database));
  } finally {
    await connection.close();
  }
}
