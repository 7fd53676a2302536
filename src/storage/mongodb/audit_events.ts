/**
 * Audit events in MongoDB: the event as a JSON text beside what it is searched by.
 */
import type { Filter } from 'mongodb';
import { type AuditEvent, type AuditStore, auditPages, type FoldedEvent } from '../audit_events.ts';
import { asText, byId, type Connection, exactly } from './connection.ts';
import { onlyDuplicates, violatedIndex } from './errors.ts';

type StoredEvent = {
  _id: string;
  at: number;
  type: string;
  user_id?: string;
  client_id?: string;
  event: string;
  /** Of folded events, beside their text. */
  count?: number;
  last_at?: number;
};

/** See AuditStore. */
export function createAuditStore({ database, guard }: Connection): AuditStore {
  const collection = database.collection<StoredEvent>('audit_events');

  /** Not by an upsert: two that insert the same at once collide in it. */
  async function foldOne({ count, lastAt, ...event }: FoldedEvent): Promise<void> {
    const addition = { $inc: { count }, $max: { last_at: lastAt } };
    const { matchedCount } = await collection.updateOne(byId(event.id), addition);
    if (matchedCount > 0) return;
    try {
      await collection.insertOne({ ...toStored(event), count, last_at: lastAt });
    } catch (error) {
      if (!violatedIndex(error)) throw error;
      await collection.updateOne(byId(event.id), addition);
    }
  }

  return {
    async fold(events) {
      await guard(() => Promise.all(events.map(foldOne)));
    },
    async append(events) {
      if (events.length === 0) return;
      const stored = events.map(toStored);
      await guard(async () => {
        try {
          await collection.insertMany(stored, { ordered: false });
        } catch (error) {
          if (!onlyDuplicates(error)) throw error;
        }
      });
    },
    list: (options) =>
      auditPages(options, async ({ link, before, beforeId, limit }) => {
        const linked = link ? { [link.column]: exactly(link.value) } : {};
        const page = async (place: Filter<StoredEvent>, most: number) => {
          const found = collection.find({ ...linked, ...place }).sort({ at: -1, _id: -1 });
          const stored = await guard(() => found.limit(most).toArray());
          return stored.map(fromStored);
        };
        if (before === undefined) return page({}, limit);
        // Each is one stretch of an index.
        const same =
          beforeId === undefined
            ? []
            : await page({ at: before, _id: { $lt: asText(beforeId) } }, limit);
        const rest = limit - same.length;
        return rest > 0 ? [...same, ...(await page({ at: { $lt: before } }, rest))] : same;
      }),
  };
}

function toStored(event: AuditEvent): StoredEvent {
  const { id, at, type, userId, clientId } = event;
  return {
    _id: id,
    at,
    type,
    ...(userId !== undefined && { user_id: userId }),
    ...(clientId !== undefined && { client_id: clientId }),
    event: JSON.stringify(event),
  };
}

function fromStored({ event, count, last_at: lastAt }: StoredEvent): AuditEvent {
  return { ...JSON.parse(event), ...(count !== undefined && { count, lastAt }) };
}
