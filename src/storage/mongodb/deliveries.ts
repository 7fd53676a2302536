/**
 * Deliveries in MongoDB. A claim is found first and then taken record by record, each by compare-and-set on the number
 * of attempts. The collection is named for what was delivered first.
 */
import type { Filter } from 'mongodb';
import { type Delivery, type DeliveryStore, toldPage } from '../deliveries.ts';
import { asText, byId, type Connection, exactly, firstOf } from './connection.ts';
import { onlyDuplicates } from './errors.ts';

type StoredDelivery = {
  _id: string;
  endpoint: string;
  message: string;
  payload: string;
  /** Absent: nothing is told of it. */
  note?: string;
  attempts: number;
  failure?: string;
  created_at: number;
  due_at: number;
  /** A Date for the TTL index. */
  expires_at: Date;
};

/** One more attempt: whoever has claimed it meanwhile cannot put it off. */
const finished = (note: string | undefined) => [
  {
    $set: {
      due_at: { $toLong: '$expires_at' },
      attempts: { $add: ['$attempts', 1] },
      payload: '',
      ...(note !== undefined && { note: { $literal: asText(note) } }),
    },
  },
];

/** See DeliveryStore. */
export function createDeliveryStore({ database, guard }: Connection): DeliveryStore {
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
      const claimed: Delivery[] = [];
      while (claimed.length < limit) {
        const due = await findDue(endpoint, now, limit - claimed.length);
        if (due.length === 0) break;
        // Others may have been faster with some of them.
        const taken = await Promise.all(due.map((found) => take(found, now, until)));
        claimed.push(...taken.flatMap((record) => (record ? [toDelivery(record)] : [])));
      }
      return claimed;
    },
    async putOff(id, attempts, { dueAt, failure, note }) {
      const later = {
        due_at: dueAt,
        ...(failure !== undefined && { failure: asText(failure) }),
        ...(note !== undefined && { note: asText(note) }),
      };
      const result = await guard(() =>
        deliveries.updateOne({ ...byId(id), attempts }, { $set: later }),
      );
      return result.matchedCount === 1;
    },
    async find(id, now) {
      const filter = { ...byId(id), expires_at: { $gt: new Date(now) } };
      const found = await guard(() => deliveries.findOne(filter));
      return found ? toDelivery(found) : undefined;
    },
    async waiting({ endpoint, now, after, limit }) {
      const page = async (place: Filter<StoredDelivery>, most: number) => {
        const found = deliveries.find({ ...stillWaiting(endpoint, now), ...place });
        const inOrder = found.sort({ created_at: 1, _id: 1 });
        return (await guard(() => firstOf(inOrder, most))).map(toDelivery);
      };
      if (!after) return page({}, limit);
      // Each is one stretch of the index.
      const { createdAt, id } = after;
      const same = await page({ created_at: createdAt, _id: { $gt: asText(id) } }, limit);
      const rest = limit - same.length;
      return rest > 0 ? [...same, ...(await page({ created_at: { $gt: createdAt } }, rest))] : same;
    },
    async countWaiting({ endpoint, now, most }) {
      const found = deliveries.find(stillWaiting(endpoint, now), { projection: { _id: 1 } });
      return (await guard(() => found.limit(most).toArray())).length;
    },
    told: (options) =>
      toldPage(options, async (before, size) => {
        const { endpoint, now } = options;
        const page = async (place: Filter<StoredDelivery>, most: number) => {
          const found = deliveries.find({
            ...{ endpoint: exactly(endpoint), note: { $gt: '' }, ...place },
            expires_at: { $gt: new Date(now) },
          });
          const newestFirst = found.sort({ created_at: -1, _id: -1 }).limit(most);
          return (await guard(() => newestFirst.toArray())).map(toDelivery);
        };
        if (!before) return page({}, size);
        // Each is one stretch of the index.
        const { createdAt, id } = before;
        const same = await page({ created_at: createdAt, _id: { $lt: asText(id) } }, size);
        const rest = size - same.length;
        return rest > 0
          ? [...same, ...(await page({ created_at: { $lt: createdAt } }, rest))]
          : same;
      }),
    async finish(id, note) {
      await guard(() => deliveries.updateOne(byId(id), finished(note)));
    },
  };
}

function stillWaiting(endpoint: string, now: number): Filter<StoredDelivery> {
  return {
    ...{ endpoint: exactly(endpoint), payload: { $gt: '' } },
    expires_at: { $gt: new Date(now) },
  };
}

function toStored(delivery: Delivery): StoredDelivery {
  const { id, endpoint, message, payload, note, attempts } = delivery;
  const { createdAt, dueAt, expiresAt } = delivery;
  return {
    _id: asText(id),
    endpoint: asText(endpoint),
    message: asText(message),
    payload: asText(payload),
    ...(asText(note) !== '' && { note }),
    attempts,
    created_at: createdAt,
    due_at: dueAt,
    expires_at: new Date(expiresAt),
  };
}

function toDelivery(stored: StoredDelivery): Delivery {
  const { _id, endpoint, message, payload, note = '', attempts, failure } = stored;
  const { created_at, due_at, expires_at } = stored;
  return {
    ...{ id: _id, endpoint, message, payload, note, attempts },
    ...(failure !== undefined && { failure }),
    ...{ createdAt: created_at, dueAt: due_at, expiresAt: expires_at.getTime() },
  };
}
