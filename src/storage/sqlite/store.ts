/**
 * The embedded store: one SQLite file that several worker processes share. It owns the file's opening,
 * closing and purging; what is in it belongs to the files beside this one.
 */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { StoreMissingError, StoreOutdatedError, StoreUnavailableError } from '../errors.ts';
import { createSearch } from '../search.ts';
import type { Store, StoreLog } from '../store.ts';
import { createApiKeyStore } from './api_keys.ts';
import { createApiStore } from './apis.ts';
import { createArtifactStore } from './artifacts.ts';
import { createAuditChainStore } from './audit_chains.ts';
import { createAuditStore } from './audit_events.ts';
import { createAuthenticatorStore } from './authenticators.ts';
import { foldWholeLog } from './checkpoints.ts';
import { createClientStore } from './clients.ts';
import { openConnection } from './connection.ts';
import { createCounterStore } from './counters.ts';
import { createDeliveryStore } from './deliveries.ts';
import { createDocumentStore } from './documents.ts';
import { createGroupStore } from './groups.ts';
import { createLogSync } from './log_sync.ts';
import { migrate, needsMigration } from './migrations.ts';
import { createProjectStore } from './projects.ts';
import { purge } from './purge.ts';
import { createRefusalStore } from './refusals.ts';
import { createRevocationStore } from './revocations.ts';
import { createRoutineWriter } from './routine_writer.ts';
import { createStatisticsStore } from './statistics.ts';
import { createStatusLeaseStore } from './status_leases.ts';
import { createStatusRangeStore } from './status_ranges.ts';
import { createUsageStore } from './usage.ts';
import { createUserStore } from './users.ts';
import { createWriter } from './writer.ts';

/** Milliseconds for which another process's lock is waited for before the store counts as unavailable. */
const busyTimeoutMs = 4000;
/** Milliseconds in which the routine thread starts, waits for a lock and writes, or counts as lost. */
const routineDeadlineMs = 8000;

/**
 * Opens the store in the file at `path` and brings its schema up to date. A file that is not there is created;
 * with `mustExist` StoreMissingError. With `asItIs` an older schema stays: StoreOutdatedError.
 */
export async function openSqliteStore(
  path: string,
  {
    log,
    mustExist = false,
    asItIs = false,
  }: { log?: StoreLog | undefined; mustExist?: boolean; asItIs?: boolean } = {},
): Promise<Store> {
  const file = resolve(path);
  if (mustExist && !existsSync(file)) throw new StoreMissingError();
  const connection = await openConnection(file, busyTimeoutMs);
  try {
    if (asItIs && needsMigration(connection)) throw new StoreOutdatedError();
    const migrated = await migrate(connection);
    if (migrated) log?.info({ engine: 'sqlite' }, 'store schema migrated');
  } catch (error) {
    connection.close();
    throw error;
  }
  const logSync = createLogSync({ path: file, fold: () => foldWholeLog(connection) });
  const waits = { path: file, timeoutMs: busyTimeoutMs, deadlineMs: routineDeadlineMs };
  const routine = createRoutineWriter({ connection, ...waits });
  const writer = createWriter(connection, {
    ...{ logSync, timeoutMs: busyTimeoutMs, onCommit: routine.committed },
  });
  const { ino } = statSync(file);
  const documents = createDocumentStore(connection, writer);
  const lists = {
    apiKeys: createApiKeyStore(connection, writer, routine),
    clients: createClientStore(connection, writer, routine),
    projects: createProjectStore(connection, writer),
    users: createUserStore(connection, writer),
  };

  return {
    engine: 'sqlite',
    ...lists,
    apis: createApiStore(connection, writer),
    artifacts: createArtifactStore(connection, writer),
    audit: createAuditStore(connection, writer, routine),
    auditChains: createAuditChainStore(connection, writer),
    authenticators: createAuthenticatorStore(connection, writer),
    counters: createCounterStore(connection, writer),
    documents,
    groups: createGroupStore(connection, writer),
    refusals: createRefusalStore(connection, writer),
    revocations: createRevocationStore(connection, writer),
    search: createSearch(lists, documents),
    statistics: createStatisticsStore(connection, routine),
    statusLeases: createStatusLeaseStore(connection, writer),
    statusRanges: createStatusRangeStore(connection, writer),
    usage: createUsageStore(connection, routine),
    deliveries: createDeliveryStore(connection, writer),
    async ping() {
      // A file that was moved away or replaced still takes writes, but nobody will ever find them.
      if (statSync(file, { throwIfNoEntry: false })?.ino !== ino) {
        throw new StoreUnavailableError(new Error('the database file was moved or replaced'));
      }
      await writer.write(() => connection.get('SELECT 1 FROM documents LIMIT 1'));
    },
    purge: (options) => purge(routine, options),
    async close() {
      await Promise.all([writer.drained(), routine.close()]);
      await logSync.close();
      connection.close();
    },
  };
}
