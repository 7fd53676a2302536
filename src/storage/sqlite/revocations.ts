/**
 * Revocations in SQLite. The sequence grows in the transaction that writes the marker: whoever reads a
 * sequence finds all markers up to it. It stands in a table of its own, so that no purge takes it back.
 */
import type { Revocation, RevocationStore, UnfinishedWork } from '../revocations.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = {
  key: string;
  sequence: number;
  before: number | null;
  status_list: string | null;
  status_index: number | null;
  /** JSON: texts by the sequence of their put. */
  work: string | null;
  expires_at: number;
};

/** Null, as with all that is absent, when none is left. */
const finishSql = `UPDATE revocations SET work = nullif(json_remove(work, :path), '{}')
  WHERE key = :key AND work IS NOT NULL`;

const nextSql = `INSERT INTO sequences VALUES ('revocations', 1)
  ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`;

// max() with a null is null: no `before` is the greatest.
const putSql = `INSERT INTO revocations VALUES (:key, :sequence, :before, :status_list, :status_index,
  :work, :expires_at) ON CONFLICT (key) DO UPDATE SET
  sequence = excluded.sequence,
  before = max(before, excluded.before),
  status_list = coalesce(excluded.status_list, status_list),
  status_index = coalesce(excluded.status_index, status_index),
  work = CASE WHEN excluded.work IS NULL THEN work
    ELSE json_patch(coalesce(work, '{}'), excluded.work) END,
  expires_at = max(expires_at, excluded.expires_at)`;

/** See RevocationStore. */
export function createRevocationStore(
  { get, run, read, readOne, readAll }: Connection,
  { write }: Writer,
): RevocationStore {
  return {
    put: ({ key, before = null, status, work, expiresAt }) =>
      write(() => {
        const { value: sequence = 0 } = get<{ value: number }>(nextSql) ?? {};
        run(putSql, {
          key,
          sequence,
          before,
          status_list: status?.list ?? null,
          status_index: status?.index ?? null,
          work: work === undefined ? null : JSON.stringify({ [sequence]: work }),
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
      const row = await readOne<{ value: number }>(
        "SELECT value FROM sequences WHERE name = 'revocations'",
      );
      return row?.value ?? 0;
    },
    async changes({ after, limit, now }) {
      const rows = await readAll<Row>(
        `SELECT * FROM revocations WHERE sequence > :after AND expires_at > :now
            ORDER BY sequence LIMIT :limit`,
        { after, now, limit },
      );
      return rows.map(toRevocation);
    },
    async unfinished(limit) {
      const rows = await readAll<Row>(
        'SELECT * FROM revocations WHERE work IS NOT NULL ORDER BY sequence LIMIT :limit',
        { limit },
      );
      return rows.map(toRevocation);
    },
    async finish(key, sequence) {
      await write(() => run(finishSql, { key, path: `$."${sequence}"` }));
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
    work: row.work === null ? undefined : toWork(row.work),
    expiresAt: row.expires_at,
  };
}

function toWork(json: string): UnfinishedWork[] {
  const texts = Object.entries(JSON.parse(json) as Record<string, string>);
  return texts.map(([sequence, text]) => ({ sequence: Number(sequence), text }));
}
