/**
 * API keys in SQLite: the record as JSON beside what it is found by, and the last use in a column of its
 * own, which goes with the key and which no change of the record touches.
 */
import {
  type ApiKeyRecord,
  type ApiKeyStore,
  type ApiKeyUse,
  apiKeyConditions,
  apiKeyListing,
  endOf,
} from '../api_keys.ts';
import { DuplicateError } from '../errors.ts';
import type { Fillable } from '../search.ts';
import type { Connection, Parameters } from './connection.ts';
import { violatedColumn } from './errors.ts';
import { createRecordLists } from './record_lists.ts';
import type { RoutineWriter } from './routine_writer.ts';
import { keepUnsettled } from './unsettled_events.ts';
import type { Writer } from './writer.ts';

type Row = { record: string };

const createSql = `INSERT INTO api_keys
  (id, hash, lineage, project_id, user_id, ends_at, revoked_at, version, record, words)
  VALUES (:id, :hash, :lineage, :project_id, :user_id, :ends_at, :revoked_at, :version, :record, :words)`;

const updateSql = `UPDATE api_keys SET lineage = :lineage, project_id = :project_id, user_id = :user_id,
  ends_at = :ends_at, revoked_at = :revoked_at, version = :version, record = :record,
  words = :words
  WHERE id = :id AND hash = :hash AND version = :version - 1`;

const expiringSql = `SELECT record FROM api_keys
  WHERE ends_at > :from AND ends_at < :until AND revoked_at IS NULL
  ORDER BY ends_at, id LIMIT :limit`;

const lastUseSql = `SELECT id AS keyId, last_used_at AS lastUsedAt FROM api_keys
  WHERE id = :id AND last_used_at IS NOT NULL`;

/** See ApiKeyStore. */
export function createApiKeyStore(
  connection: Connection,
  writer: Writer,
  routine: RoutineWriter,
): ApiKeyStore & Fillable {
  const { get, run, read, readOne, readAll } = connection;
  const { write } = writer;
  const { list, fill, wordsOf } = createRecordLists(connection, writer, {
    ...{ table: 'api_keys', id: 'id', name: 'id', listing: apiKeyListing },
  });
  const findBy = async (column: 'id' | 'hash', value: string) => {
    const row = await readOne<Row>(`SELECT record FROM api_keys WHERE ${column} = :value`, {
      value,
    });
    return row && toRecord(row);
  };

  return {
    find: (id) => findBy('id', id),
    findByHash: (hash) => findBy('hash', hash),
    fill,
    list: (options) => list(options, apiKeyConditions(options)),
    async expiring(options) {
      return (await readAll<Row>(expiringSql, options)).map(toRecord);
    },
    async create(key, event) {
      const parameters = { ...toParameters(key), words: wordsOf(key) };
      try {
        await write(() => {
          run(createSql, parameters);
          keepUnsettled(connection, event);
        });
      } catch (error) {
        const column = violatedColumn(error)?.replace('api_keys.', '');
        throw column ? new DuplicateError(`An API key with this ${column}`) : error;
      }
    },
    async update(key, event) {
      const parameters = { ...toParameters(key), words: wordsOf(key) };
      return write(() => {
        const updated = run(updateSql, parameters) === 1;
        if (updated) keepUnsettled(connection, event);
        return updated;
      });
    },
    remove: (id) => write(() => run('DELETE FROM api_keys WHERE id = :id', { id }) === 1),
    async touch(uses) {
      if (uses.length === 0) return;
      const rows = uses.map(({ keyId, lastUsedAt }) => [lastUsedAt, keyId]);
      await routine.write('touchApiKey', rows, false);
    },
    lastUses: (keyIds) =>
      read(() =>
        [...new Set(keyIds)].flatMap((id) => {
          const use = get<ApiKeyUse>(lastUseSql, { id });
          return use ? [{ ...use }] : [];
        }),
      ),
  };
}

function toParameters(key: ApiKeyRecord): Parameters {
  return {
    id: key.id,
    hash: key.hash,
    lineage: key.lineage,
    project_id: key.projectId ?? null,
    user_id: key.userId ?? null,
    ends_at: endOf(key) ?? null,
    revoked_at: key.revokedAt ?? null,
    version: key.version,
    record: JSON.stringify(key),
  };
}

function toRecord({ record }: Row): ApiKeyRecord {
  return JSON.parse(record) as ApiKeyRecord;
}
