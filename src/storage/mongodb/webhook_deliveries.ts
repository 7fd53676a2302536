/**
 * Webhook deliveries in MongoDB. A claim is found first and then taken record by record, each by
 * compare-and-set on the number of attempts.
 */
import type { Filter } from 'mongodb';
import type { WebhookDelivery, WebhookDeliveryStore } from '../webhook_deliveries.ts';
import { asText, byId, type Connection, exactly } from './connection.ts';
import { onlyDuplicates } from './errors.ts';

type StoredDelivery = {
  _id: string;
  endpoint: string;
  message: string;
  payload: string;
  attempts: number;
  failure?: string;
  created_at: number;
  due_at: number;
  /** A Date for the TTL index. */
  expires_at: Date;
};

/** One more attempt: whoever has claimed it meanwhile cannot put it off. */
const finished = [
  {
    $set: {
      due_at: { $toLong: '$expires_at' },
      attempts: { $add: ['$attempts', 1] },
      payload: '',
    },
  },
];

/** See WebhookDeliveryStore. */
export function createWebhookDeliveryStore({ database, guard }: Connection): WebhookDeliveryStore {
  const deliveries = database.collection<StoredDelivery>('webhook_deliveries');

  const findDue = (endpoint: string, now: number, limit: number) =>
    guard(() =>
      deliveries
        .find(
          {
            endpoint: exactly(endpoint),
            due_at: { $lte: now },
            expires_at: { $gt: new Date(now) },
          },
          { projection: { attempts: 1 } },
        )
        .sort({ due_at: 1 })
        .limit(limit)
        .toArray(),
    );
  const take = (
    { _id, attempts }: Pick<StoredDelivery, '_id' | 'attempts'>,
    now: number,
    until: number,
  ) =>
    guard(() =>
      deliveries.findOneAndUpdate(
        { _id, attempts, due_at: { $lte: now } },
        { $set: { due_at: until }, $inc: { attempts: 1 } },
        { returnDocument: 'after' },
      ),
    );

  return {
    async add(added) {
      if (added.length === 0) return;
      const stored = added.map(toStored);
      await guard(async () => {
        try {
          await deliveries.insertMany(stored, { ordered: false });
        } catch (error) {
          if (!onlyDuplicates(error)) throw error;
        }
      });
    },
    async claim({ endpoint, now, until, limit }) {
      const claimed: WebhookDelivery[] = [];
      while (claimed.length < limit) {
        const due = await findDue(endpoint, now, limit - claimed.length);
        if (due.length === 0) break;
        // Others may have been faster with some of them.
        const taken = await Promise.all(due.map((found) => take(found, now, until)));
        claimed.push(...taken.flatMap((record) => (record ? [toDelivery(record)] : [])));
      }
      return claimed;
    },
    async putOff(id, attempts, { dueAt, failure }) {
      const later = { due_at: dueAt, ...(failure !== undefined && { failure: asText(failure) }) };
      const result = await guard(() =>
        deliveries.updateOne({ ...byId(id), attempts }, { $set: later }),
      );
      return result.matchedCount === 1;
    },
    async waiting({ endpoint, now, after, limit }) {
      const page = async (place: Filter<StoredDelivery>, most: number) => {
        const found = deliveries.find({
          ...{ endpoint: exactly(endpoint), payload: { $gt: '' }, ...place },
          expires_at: { $gt: new Date(now) },
        });
        const inOrder = found.sort({ created_at: 1, _id: 1 }).limit(most);
        return (await guard(() => inOrder.toArray())).map(toDelivery);
      };
      if (!after) return page({}, limit);
      // Each is one stretch of the index.
      const { createdAt, id } = after;
      const same = await page({ created_at: createdAt, _id: { $gt: asText(id) } }, limit);
      const rest = limit - same.length;
      return rest > 0 ? [...same, ...(await page({ created_at: { $gt: createdAt } }, rest))] : same;
    },
    async finish(id) {
      await guard(() => deliveries.updateOne(byId(id), finished));
    },
  };
}

function toStored(delivery: WebhookDelivery): StoredDelivery {
  const { id, endpoint, message, payload, attempts, createdAt, dueAt, expiresAt } = delivery;
  return {
    _id: asText(id),
    endpoint: asText(endpoint),
    message: asText(message),
    payload: asText(payload),
    attempts,
    created_at: createdAt,
    due_at: dueAt,
    expires_at: new Date(expiresAt),
  };
}

function toDelivery(stored: StoredDelivery): WebhookDelivery {
  const { _id, endpoint, message, payload, attempts, failure } = stored;
  const { created_at, due_at, expires_at } = stored;
  return {
    ...{ id: _id, endpoint, message, payload, attempts, ...(failure !== undefined && { failure }) },
    ...{ createdAt: created_at, dueAt: due_at, expiresAt: expires_at.getTime() },
  };
}
