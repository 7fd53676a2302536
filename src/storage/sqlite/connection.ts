/**
 * One connection to an SQLite file: opening it, its pragmas and its prepared statements. It owns
 * no table and no transaction (writer.ts does).
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardeaError } from '../../errors.ts';
import { StoreUnavailableError } from '../errors.ts';
import { foldLogOnCommit } from './checkpoints.ts';
import { isBusy, isNotADatabase, toStoreError } from './errors.ts';

export type Parameters = Record<string, SQLInputValue>;
export type Row = SQLInputValue[];

export type Connection = {
  database: DatabaseSync;
  /** The first row, or undefined. This and the next three are parts of the work of read() and of writer.ts. */
  get<Row>(sql: string, parameters?: Parameters): Row | undefined;
  all<Row>(sql: string, parameters?: Parameters): Row[];
  /** Answers how many rows it changed. */
  run(sql: string, parameters?: Parameters): number;
  /** Runs it once for each of `rows`, parameters in the order of its question marks; answers how many rows it changed. */
  runEach(sql: string, rows: readonly Row[]): number;
  /** Runs `work` when no other process is in its way; StoreUnavailableError when one is for too long. */
  read<T>(work: () => T): Promise<T>;
  /** A read that is one statement: the first row, or undefined. */
  readOne<Row>(sql: string, parameters?: Parameters): Promise<Row | undefined>;
  readAll<Row>(sql: string, parameters?: Parameters): Promise<Row[]>;
  close(): void;
};

/** Marks a file as ours: 'Card' in ASCII. */
export const applicationId = 0x43617264;

/** An attempt never holds up the event loop: other requests go on until the next. */
const attemptMs = 0;

/**
 * Opens (and creates: file 0600, folder 0700) the database at the absolute `path`. Another process that
 * holds the file is waited for up to `timeoutMs`.
 */
export async function openConnection(path: string, timeoutMs: number): Promise<Connection> {
  const database = openDatabase(path);
  const statements = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    let prepared = statements.get(sql);
    if (!prepared) {
      prepared = database.prepare(sql);
      statements.set(sql, prepared);
    }
    return prepared;
  };

  const connection: Connection = {
    database,
    get: <Row>(sql: string, parameters: Parameters = {}) =>
      statement(sql).get(parameters) as Row | undefined,
    all: <Row>(sql: string, parameters: Parameters = {}) => statement(sql).all(parameters) as Row[],
    run: (sql, parameters = {}) => Number(statement(sql).run(parameters).changes),
    runEach(sql, rows) {
      const prepared = statement(sql);
      return rows.reduce((sum, row) => sum + Number(prepared.run(...row).changes), 0);
    },
    async read(work) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        try {
          return work();
        } catch (error) {
          if (!isBusy(error) || performance.now() > deadline) throw toStoreError(error);
          await pause();
        }
      }
    },
    readOne: (sql, parameters) => connection.read(() => connection.get(sql, parameters)),
    readAll: (sql, parameters) => connection.read(() => connection.all(sql, parameters)),
    close() {
      statements.clear();
      if (database.isOpen) database.close();
    },
  };

  try {
    // NORMAL: a commit does not wait for the disk; its answer does (log_sync.ts).
    await connection.read(() => {
      if (!isOurs(connection)) throw foreignFile(path);
      database.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA temp_store = MEMORY;
        PRAGMA trusted_schema = OFF;`);
      foldLogOnCommit(connection, false);
    });
  } catch (error) {
    connection.close();
    const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
    throw isNotADatabase(cause) ? foreignFile(path) : error;
  }
  return connection;
}

function openDatabase(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // SQLite gives its log and shared-memory files the mode of the database file.
    closeSync(openSync(path, 'a', 0o600));
    return new DatabaseSync(path, { timeout: attemptMs, enableForeignKeyConstraints: false });
  } catch (error) {
    throw new CardeaError({
      code: 'store_not_opened',
      status: 500,
      message: `The database file ${path} cannot be opened or created. Check the path and its permissions.`,
      cause: error,
    });
  }
}

/** A new database, or one that carries our mark: no other program's data is written to. */
function isOurs(connection: Connection): boolean {
  const isNew = !connection.get('SELECT 1 FROM sqlite_schema');
  return isNew || pragmaNumber(connection, 'application_id') === applicationId;
}

/** The value of a pragma that is a number. */
export function pragmaNumber({ get }: Connection, name: string): number {
  return Number(Object.values(get<Record<string, number>>(`PRAGMA ${name}`) ?? {})[0]);
}

function foreignFile(path: string): CardeaError {
  return new CardeaError({
    code: 'store_not_ours',
    status: 500,
    message: `The file ${path} is not a database of Cardea. Choose another path.`,
  });
}

/** A short wait of random length, so that processes that wait for one lock do not move in step. */
export function pause(): Promise<void> {
  return sleep(1 + Math.random() * 2);
}
