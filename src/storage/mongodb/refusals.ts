/**
 * Refusals in MongoDB: the refusal as a JSON text beside what it is listed by; `_id` is the reference.
 */
import type { Filter } from 'mongodb';
import { type RefusalStore, refusalPage, type StoredRefusal } from '../refusals.ts';
import { asText, byId, type Connection, exactly, firstOf } from './connection.ts';
import { violatedIndex } from './errors.ts';

export type RefusalDocument = {
  _id: string;
  at: number;
  reason: string;
  client_id?: string;
  refusal: string;
  expires_at: Date;
};

/** See RefusalStore. */
export function createRefusalStore({ database, guard }: Connection): RefusalStore {
  const refusals = database.collection<RefusalDocument>('refusals');
  return {
    async insert(refusal) {
      const document = toRefusalDocument(refusal);
      try {
        await guard(() => refusals.insertOne(document));
        return true;
      } catch (error) {
        if (violatedIndex(error)) return false;
        throw error;
      }
    },
    async find(reference, now) {
      const filter = { ...byId(reference), expires_at: { $gt: new Date(now) } };
      const found = await guard(() => refusals.findOne(filter));
      return found ? toRefusal(found) : undefined;
    },
    list: (options) =>
      refusalPage(options, async (link, before, size) => {
        const asked: Filter<RefusalDocument> = {
          ...(link && { [link.column]: exactly(link.value) }),
          expires_at: { $gt: new Date(options.now) },
        };
        const page = async (place: Filter<RefusalDocument>, most: number) => {
          const found = refusals.find({ ...asked, ...place }).sort({ at: -1, _id: -1 });
          return (await guard(() => firstOf(found, most))).map(toRefusal);
        };
        if (!before) return page({}, size);
        // Each is one stretch of an index.
        const { at, reference } = before;
        const same = await page({ at, _id: { $lt: asText(reference) } }, size);
        const rest = size - same.length;
        return rest > 0 ? [...same, ...(await page({ at: { $lt: at } }, rest))] : same;
      }),
  };
}

export function toRefusalDocument(refusal: StoredRefusal): RefusalDocument {
  const { reference, at, reason, clientId, expiresAt } = refusal;
  return {
    ...{ _id: asText(reference), at, reason },
    ...(clientId !== undefined && { client_id: clientId }),
    refusal: JSON.stringify(refusal),
    expires_at: new Date(expiresAt),
  };
}

function toRefusal({ refusal }: RefusalDocument): StoredRefusal {
  return JSON.parse(refusal) as StoredRefusal;
}
