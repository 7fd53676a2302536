/**
 * Webhook deliveries in SQLite. A claim is one statement, so that two processes never get the same one.
 */
import type { WebhookDelivery, WebhookDeliveryStore } from '../webhook_deliveries.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const addSql = `INSERT INTO webhook_deliveries
    (id, endpoint, message, payload, attempts, created_at, due_at, expires_at)
  VALUES (:id, :endpoint, :message, :payload, :attempts, :createdAt, :dueAt, :expiresAt)
  ON CONFLICT (id) DO NOTHING`;

const columns = `id, endpoint, message, payload, attempts, created_at AS createdAt, due_at AS dueAt,
  expires_at AS expiresAt, failure`;

const due = 'endpoint = :endpoint AND due_at <= :now AND expires_at > :now';

const claimSql = `UPDATE webhook_deliveries SET due_at = :until, attempts = attempts + 1
  WHERE id IN (SELECT id FROM webhook_deliveries WHERE ${due} ORDER BY due_at LIMIT :limit)
  RETURNING ${columns}`;

const waitingSql = `SELECT ${columns} FROM webhook_deliveries
  WHERE endpoint = :endpoint AND payload <> '' AND (created_at, id) > (:createdAt, :id)
  AND expires_at > :now ORDER BY created_at, id LIMIT :limit`;

// One more attempt: whoever has claimed it meanwhile cannot put it off.
const finishSql = `UPDATE webhook_deliveries
  SET due_at = expires_at, attempts = attempts + 1, payload = '' WHERE id = :id`;

const putOffSql = `UPDATE webhook_deliveries
  SET due_at = :dueAt, failure = coalesce(:failure, failure)
  WHERE id = :id AND attempts = :attempts`;

type Row = Omit<WebhookDelivery, 'failure'> & { failure: string | null };

/** See WebhookDeliveryStore. */
export function createWebhookDeliveryStore(
  { all, run, readOne, readAll }: Connection,
  { write }: Writer,
): WebhookDeliveryStore {
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
    putOff: (id, attempts, { dueAt, failure = null }) =>
      write(() => run(putOffSql, { id, attempts, dueAt, failure }) === 1),
    async waiting({ after = { createdAt: 0, id: '' }, ...given }) {
      const rows = await readAll<Row>(waitingSql, { ...given, ...after });
      return rows.map(toDelivery);
    },
    async finish(id) {
      await write(() => run(finishSql, { id }));
    },
  };
}

function toDelivery({ failure, ...delivery }: Row): WebhookDelivery {
  return { ...delivery, ...(failure !== null && { failure }) };
}
