/**
 * Refusals in SQLite, kept in order of time: the refusal as JSON beside what it is listed by.
 */
import { type RefusalStore, refusalPage, type StoredRefusal } from '../refusals.ts';
import type { Connection, Parameters } from './connection.ts';
import type { Writer } from './writer.ts';

type Row = { refusal: string };

const insertSql = `INSERT INTO refusals (reference, at, reason, client_id, refusal, expires_at)
  VALUES (:reference, :at, :reason, :client_id, :refusal, :expires_at) ON CONFLICT DO NOTHING`;

const findSql = 'SELECT refusal FROM refusals WHERE reference = :reference AND expires_at > :now';

/** See RefusalStore. */
export function createRefusalStore(
  { run, readOne, readAll }: Connection,
  { writeVolatile }: Writer,
): RefusalStore {
  return {
    insert(refusal) {
      const { reference, at, reason, clientId = null, expiresAt } = refusal;
      const values = { reference, at, reason, client_id: clientId, expires_at: expiresAt };
      const text = JSON.stringify(refusal);
      return writeVolatile(() => run(insertSql, { ...values, refusal: text }) === 1);
    },
    async find(reference, now) {
      const row = await readOne<Row>(findSql, { reference, now });
      return row && toRefusal(row);
    },
    list: (options) =>
      refusalPage(options, async (link, before, size) => {
        const parameters: Parameters = { size, now: options.now };
        const conditions = ['expires_at > :now'];
        if (link) {
          conditions.push(`${link.column} = :link`);
          parameters.link = link.value;
        }
        if (before) {
          conditions.push('(at, reference) < (:at, :reference)');
          Object.assign(parameters, before);
        }
        const sql = `SELECT refusal FROM refusals WHERE ${conditions.join(' AND ')}
          ORDER BY at DESC, reference DESC LIMIT :size`;
        return (await readAll<Row>(sql, parameters)).map(toRefusal);
      }),
  };
}

function toRefusal({ refusal }: Row): StoredRefusal {
  return JSON.parse(refusal) as StoredRefusal;
}
