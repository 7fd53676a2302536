/**
 * SQLite in bulk: large transactions without a journal, and the indexes that only serve reads made afterwards, which
 * takes a tenth of the time that keeping them up to date does.
 */
import type { DatabaseSync } from 'node:sqlite';
import { createApiKeyStore } from '../../../src/storage/sqlite/api_keys.ts';
import { createArtifactStore } from '../../../src/storage/sqlite/artifacts.ts';
import { createAuditChainStore } from '../../../src/storage/sqlite/audit_chains.ts';
import { createAuditStore } from '../../../src/storage/sqlite/audit_events.ts';
import { createClientStore } from '../../../src/storage/sqlite/clients.ts';
import { type Connection, openConnection } from '../../../src/storage/sqlite/connection.ts';
import { createDocumentStore } from '../../../src/storage/sqlite/documents.ts';
import { createProjectStore } from '../../../src/storage/sqlite/projects.ts';
import { createRefusalStore } from '../../../src/storage/sqlite/refusals.ts';
import { createRevocationStore } from '../../../src/storage/sqlite/revocations.ts';
import { routineStatements } from '../../../src/storage/sqlite/routine_statements.ts';
import type { RoutineWriter } from '../../../src/storage/sqlite/routine_writer.ts';
import { createStatisticsStore } from '../../../src/storage/sqlite/statistics.ts';
import { createStatusLeaseStore } from '../../../src/storage/sqlite/status_leases.ts';
import { createStatusRangeStore } from '../../../src/storage/sqlite/status_ranges.ts';
import { createUsageStore } from '../../../src/storage/sqlite/usage.ts';
import { createUserStore } from '../../../src/storage/sqlite/users.ts';
import type { Writer } from '../../../src/storage/sqlite/writer.ts';
import type { BulkStore } from './bulk.ts';

const rowsInTransaction = 200_000;
const tables = ['artifacts', 'status_ranges', 'api_keys', 'audit_events', 'refusals'];

export async function openBulkSqlite(file: string): Promise<BulkStore> {
  const connection = await openConnection(file, 10_000);
  const { database } = connection;
  // By default a connection does not go without a journal, which doubles what is written.
  database.enableDefensive(false);
  database.exec(`PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -1000000; PRAGMA temp_store = FILE`);
  const indexes = dropIndexes(database);
  const writer = writerOn(database);
  const routine = routineOn(connection);
  return {
    apiKeys: createApiKeyStore(connection, writer, routine),
    artifacts: createArtifactStore(connection, writer),
    audit: createAuditStore(connection, writer, routine),
    auditChains: createAuditChainStore(connection, writer),
    clients: createClientStore(connection, writer, routine),
    documents: createDocumentStore(connection, writer),
    projects: createProjectStore(connection, writer),
    refusals: createRefusalStore(connection, writer),
    revocations: createRevocationStore(connection, writer),
    statistics: createStatisticsStore(connection, routine),
    statusLeases: createStatusLeaseStore(connection, writer),
    statusRanges: createStatusRangeStore(connection, writer),
    usage: createUsageStore(connection, routine),
    users: createUserStore(connection, writer),
    async artifactOf(kind) {
      return String(
        connection.get<{ id: string }>(
          'SELECT id FROM artifacts WHERE kind = :kind ORDER BY rowid DESC',
          { kind },
        )?.id,
      );
    },
    async finish() {
      database.exec('COMMIT');
      for (const sql of indexes) database.exec(sql);
      database.exec('PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL');
      connection.close();
    },
  };
}

/** Answers how they are made. Unique ones stay: conflicts are found by them. */
function dropIndexes(database: DatabaseSync): string[] {
  const rows = database
    .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
      AND sql NOT LIKE '%UNIQUE%' AND tbl_name IN (${tables.map(() => '?').join()})`)
    .all(...tables);
  for (const { name } of rows) database.exec(`DROP INDEX ${name}`);
  return rows.map(({ sql }) => String(sql));
}

/** In the transaction of the rest. */
function routineOn({ runEach }: Connection): RoutineWriter {
  return {
    write: async (statement, rows) => runEach(routineStatements[statement], rows),
    committed() {},
    close: async () => {},
  };
}

function writerOn(database: DatabaseSync): Writer {
  let rows = 0;
  database.exec('BEGIN');
  const write = async <T>(work: () => T): Promise<T> => {
    rows += 1;
    if (rows % rowsInTransaction === 0) database.exec('COMMIT; BEGIN');
    return work();
  };
  return { write, writeVolatile: write, drained: async () => {} };
}
