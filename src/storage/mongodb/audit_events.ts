/**
 * Audit events in MongoDB: the event as a JSON text beside what it is searched by.
 */
import { type Filter, MongoBulkWriteError } from 'mongodb';
import {
  type AuditEvent,
  type AuditIndexes,
  type AuditPage,
  type AuditStore,
  auditPages,
  auditSearch,
  columnsOf,
  type FiledEvent,
  type FoldedEvent,
  isFiledRight,
} from '../audit_events.ts';
import { asText, byId, type Connection, exactly, firstOf } from './connection.ts';
import { onlyDuplicates, violatedIndex } from './errors.ts';
import { findUnsettled, settle } from './unsettled_events.ts';

type StoredEvent = ReturnType<typeof columnsOf> & {
  _id: string;
  at: number;
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

  /** Those before the first that is there already; answers how many. A server that stops has kept the first of them. */
  async function insertInOrder(stored: StoredEvent[]): Promise<number> {
    if (stored.length === 0) return 0;
    try {
      await collection.insertMany(stored, { ordered: true });
      return stored.length;
    } catch (error) {
      if (error instanceof MongoBulkWriteError && onlyDuplicates(error)) return error.insertedCount;
      throw error;
    }
  }

  async function insertMissing(stored: StoredEvent[]): Promise<void> {
    let missing = stored;
    while ((await insertInOrder(missing)) < missing.length) {
      const ids = missing.map(({ _id }) => _id);
      const found = collection.find({ _id: { $in: ids } }, { projection: { _id: 1 } });
      const there = new Set((await found.toArray()).map(({ _id }) => _id));
      missing = missing.filter(({ _id }) => !there.has(_id));
    }
  }

  /** What a page looks at, newest first: these fields of it, or all. */
  const readFields = async (
    { link, before, beforeId, from, limit }: AuditPage,
    projection: Record<string, 1> | undefined,
  ) => {
    const linked = link ? { [link.column]: exactly(link.value) } : {};
    const since = from === undefined ? {} : { $gte: from };
    const page = async (place: Filter<StoredEvent>, most: number) => {
      const options = projection && { projection };
      const found = collection.find({ ...linked, ...place }, options).sort({ at: -1, _id: -1 });
      return guard(() => firstOf(found, most));
    };
    if (before === undefined) return page(from === undefined ? {} : { at: since }, limit);
    // Each is one stretch of an index.
    const same =
      beforeId === undefined || (from !== undefined && before < from)
        ? []
        : await page({ at: before, _id: { $lt: asText(beforeId) } }, limit);
    const rest = limit - same.length;
    if (rest <= 0) return same;
    return [...same, ...(await page({ at: { $lt: before, ...since } }, rest))];
  };

  const list = async (page: AuditPage) => (await readFields(page, undefined)).map(fromStored);

  const indexes: AuditIndexes = {
    async read({ others, ...page }) {
      const toRow = (stored: StoredEvent) => ({ at: stored.at, id: stored._id });
      if (others.length === 0) {
        const all = await readFields(page, undefined);
        return all.map((stored) => ({ ...toRow(stored), event: fromStored(stored) }));
      }
      // The texts of those alone that meet the rest.
      const fields = Object.fromEntries(others.map(({ column }) => [column, 1 as const]));
      const rows = await readFields(page, { at: 1, ...fields });
      const meant = rows.filter((row) =>
        others.every(({ column, value }) => row[column] === value),
      );
      const ids = meant.map(({ _id }) => _id);
      const found =
        ids.length > 0
          ? await guard(() => firstOf(collection.find({ _id: { $in: ids } }), ids.length))
          : [];
      const events = new Map(found.map((stored) => [stored._id, fromStored(stored)]));
      return rows.map((row) => ({ ...toRow(row), event: events.get(row._id) }));
    },
    count({ link, before, from, limit }) {
      const at = {
        ...(before !== undefined && { $lte: before }),
        ...(from !== undefined && { $gte: from }),
      };
      const filter = {
        ...(link && { [link.column]: exactly(link.value) }),
        ...(Object.keys(at).length > 0 && { at }),
      };
      return guard(() => collection.countDocuments(filter, { limit }));
    },
  };

  return {
    async fold(events) {
      await guard(() => Promise.all(events.map(foldOne)));
    },
    async append(events, { routine = false } = {}) {
      const stored = events.map(toStored);
      if (!routine) return guard(() => insertInOrder(stored));
      await guard(() => insertMissing(stored));
      return stored.length;
    },
    list: (options) => auditPages(options, list),
    search: (options) => auditSearch(options, indexes),
    async walk({ after, limit }) {
      const page = async (place: Filter<StoredEvent>, most: number) => {
        const found = collection.find(place).sort({ at: 1, _id: 1 });
        return (await guard(() => firstOf(found, most))).map(toFiled);
      };
      if (!after) return page({}, limit);
      const same = await page({ at: after.at, _id: { $gt: asText(after.id) } }, limit);
      const rest = limit - same.length;
      return rest > 0 ? [...same, ...(await page({ at: { $gt: after.at } }, rest))] : same;
    },
    unsettled: (options) => guard(() => findUnsettled(database, options)),
    settle: (event) => guard(() => settle(database, event)),
  };
}

function toStored(event: AuditEvent): StoredEvent {
  const { id: _id, at } = event;
  const columns = Object.entries(columnsOf(event)).filter(([, value]) => value !== undefined);
  return { _id, at, ...Object.fromEntries(columns), event: JSON.stringify(event) };
}

function fromStored({ event, count, last_at: lastAt }: StoredEvent): AuditEvent {
  return { ...JSON.parse(event), ...(count !== undefined && { count, lastAt }) };
}

/** A record that somebody changed by hand may hold anything. */
function toFiled(stored: StoredEvent): FiledEvent {
  const { _id: id, at, type = '' } = stored;
  try {
    const event = fromStored(stored);
    const isRight = isFiledRight(event, { at, id }, stored);
    return { at, id, type, event, isFiledRight: isRight };
  } catch {
    return { at, id, type, event: undefined, isFiledRight: false };
  }
}
