/**
 * Revocations in SQLite. The sequence grows in the transaction that writes the marker: whoever reads a
 * sequence finds all markers up to it. It stands in a table of its own, so that no purge takes it back.
 */
import type { Revocation, RevocationStore } from '../revocations.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = {
  key: string;
  sequence: number;
  before: number | null;
  status_list: string | null;
  status_index: number | null;
  work: string | null;
  expires_at: number;
};

const nextSql = `INSERT INTO sequences VALUES ('revocations', 1)
  ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`;

// max() with a null is null: no `before` is the greatest.
const putSql = `INSERT INTO revocations VALUES (:key, :sequence, :before, :status_list, :status_index,
  :work, :expires_at) ON CONFLICT (key) DO UPDATE SET
  sequence = excluded.sequence,
  before = max(before, excluded.before),
  status_list = coalesce(excluded.status_list, status_list),
  status_index = coalesce(excluded.status_index, status_index),
  work = excluded.work,
  expires_at = max(expires_at, excluded.expires_at)`;

/** See RevocationStore. */
export function createRevocationStore(
  { get, all, run, read }: Connection,
  { write }: Writer,
): RevocationStore {
  return {
    put: ({ key, before = null, status, work = null, expiresAt }) =>
      write(() => {
        const { value: sequence = 0 } = get<{ value: number }>(nextSql) ?? {};
        run(putSql, {
          key,
          sequence,
          before,
          status_list: status?.list ?? null,
          status_index: status?.index ?? null,
          work,
          expires_at: expiresAt,
        });
        return sequence;
      }),
    find: (keys, now) =>
      read(() =>
        [...new Set(keys)].flatMap((key) => {
          const row = get<Row>('SELECT * FROM revocations WHERE key = :key AND expires_at > :now', {
            key,
            now,
          });
          return row ? [toRevocation(row)] : [];
        }),
      ),
    async sequence() {
      const row = await read(() =>
        get<{ value: number }>("SELECT value FROM sequences WHERE name = 'revocations'"),
      );
      return row?.value ?? 0;
    },
    async changes({ after, limit, now }) {
      const rows = await read(() =>
        all<Row>(
          `SELECT * FROM revocations WHERE sequence > :after AND expires_at > :now
            ORDER BY sequence LIMIT :limit`,
          { after, now, limit },
        ),
      );
      return rows.map(toRevocation);
    },
    async unfinished(limit) {
      const rows = await read(() =>
        all<Row>(
          'SELECT * FROM revocations WHERE work IS NOT NULL ORDER BY sequence LIMIT :limit',
          { limit },
        ),
      );
      return rows.map(toRevocation);
    },
    async finish(key, sequence) {
      await write(() =>
        run('UPDATE revocations SET work = NULL WHERE key = :key AND sequence = :sequence', {
          key,
          sequence,
        }),
      );
    },
  };
}

function toRevocation(row: Row): Revocation {
  const { status_list: list, status_index: index } = row;
  return {
    key: row.key,
    sequence: row.sequence,
    before: row.before ?? undefined,
    status: list !== null && index !== null ? { list, index } : undefined,
    work: row.work ?? undefined,
    expiresAt: row.expires_at,
  };
}
