/**
 * Deliveries in SQLite. A claim is one statement, so that two processes never get the same one. The table is named for
 * what was delivered first.
 */
import { type Delivery, type DeliveryStore, toldPage } from '../deliveries.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const addSql = `INSERT INTO webhook_deliveries
  (id, endpoint, message, payload, note, attempts, created_at, due_at, expires_at)
  VALUES (:id, :endpoint, :message, :payload, :note, :attempts, :createdAt, :dueAt, :expiresAt)
  ON CONFLICT (id) DO NOTHING`;

const columns = `id, endpoint, message, payload, note, attempts, created_at AS createdAt,
  due_at AS dueAt, expires_at AS expiresAt, failure`;

const due = 'endpoint = :endpoint AND due_at <= :now AND expires_at > :now';

const claimSql = `UPDATE webhook_deliveries SET due_at = :until, attempts = attempts + 1
  WHERE id IN (SELECT id FROM webhook_deliveries WHERE ${due} ORDER BY due_at LIMIT :limit)
  RETURNING ${columns}`;

const putOffSql = `UPDATE webhook_deliveries
  SET due_at = :dueAt, failure = coalesce(:failure, failure), note = coalesce(:note, note)
  WHERE id = :id AND attempts = :attempts`;

const findSql = `SELECT ${columns} FROM webhook_deliveries WHERE id = :id AND expires_at > :now`;

const stillWaiting = "endpoint = :endpoint AND payload <> '' AND expires_at > :now";

const waitingSql = `SELECT ${columns} FROM webhook_deliveries
  WHERE ${stillWaiting} AND (created_at, id) > (:createdAt, :id)
  ORDER BY created_at, id LIMIT :limit`;

const countSql = `SELECT count(*) AS count FROM
  (SELECT 1 FROM webhook_deliveries WHERE ${stillWaiting} LIMIT :most) LIMIT 1`;

const toldSql = (place: string) => `SELECT ${columns} FROM webhook_deliveries
  WHERE endpoint = :endpoint AND note <> ''${place} AND expires_at > :now
  ORDER BY created_at DESC, id DESC LIMIT :size`;

// One more attempt: whoever has claimed it meanwhile cannot put it off.
const finishSql = `UPDATE webhook_deliveries SET due_at = expires_at, attempts = attempts + 1,
  payload = '', note = coalesce(:note, note) WHERE id = :id`;

type Row = Omit<Delivery, 'failure'> & { failure: string | null };

/** See DeliveryStore. */
export function createDeliveryStore(
  { all, run, readOne, readAll }: Connection,
  { write }: Writer,
): DeliveryStore {
  return {
    async add(deliveries) {
      if (deliveries.length === 0) return;
      await write(() => {
        for (const { failure: _none, ...delivery } of deliveries) run(addSql, delivery);
      });
    },
    async claim({ endpoint, now, until, limit }) {
      // Most looks find nothing, and a read is in nobody's way.
      const sql = `SELECT 1 FROM webhook_deliveries WHERE ${due} LIMIT 1`;
      if (!(await readOne(sql, { endpoint, now }))) return [];
      const claimed = await write(() => all<Row>(claimSql, { endpoint, now, until, limit }));
      return claimed.map(toDelivery);
    },
    putOff: (id, attempts, { dueAt, failure = null, note = null }) =>
      write(() => run(putOffSql, { id, attempts, dueAt, failure, note }) === 1),
    async find(id, now) {
      const row = await readOne<Row>(findSql, { id, now });
      return row && toDelivery(row);
    },
    async waiting({ after = { createdAt: 0, id: '' }, ...given }) {
      const rows = await readAll<Row>(waitingSql, { ...given, ...after });
      return rows.map(toDelivery);
    },
    countWaiting: async (options) =>
      (await readOne<{ count: number }>(countSql, options))?.count ?? 0,
    told: (options) =>
      toldPage(options, async (before, size) => {
        const { endpoint, now } = options;
        const sql = toldSql(before ? ' AND (created_at, id) < (:createdAt, :id)' : '');
        const rows = await readAll<Row>(sql, { endpoint, now, size, ...before });
        return rows.map(toDelivery);
      }),
    async finish(id, note) {
      await write(() => run(finishSql, { id, note: note ?? null }));
    },
  };
}

function toDelivery({ failure, ...delivery }: Row): Delivery {
  return { ...delivery, ...(failure !== null && { failure }) };
}
