/**
 * Records in MongoDB that several names lead to: each as a JSON text, and beside it its names, under one unique index.
 */
import type { AuditEvent } from '../audit_events.ts';
import { DuplicateError } from '../errors.ts';
import { asText, byId, type Connection, exactly, firstOf } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';
import { type Carrier, carrying, removeCarrier, replacing } from './unsettled_events.ts';

type Content = { version: number; names: string[]; record: string };
type Stored = Content & Carrier & { _id: string };

/** `namesOf`: one at least. `taken`: what DuplicateError says. See ApiStore for what the functions promise. */
export function createManyNamedRecords<Kept extends { version: number }>(
  { database, guard }: Connection,
  {
    collection,
    idOf,
    namesOf,
    taken,
  }: {
    collection: string;
    idOf: (kept: Kept) => string;
    namesOf: (kept: Kept) => readonly string[];
    taken: string;
  },
) {
  const records = database.collection<Stored>(collection);
  const parse = ({ record }: Content) => JSON.parse(record) as Kept;
  const toStored = (kept: Kept): Content => ({
    version: kept.version,
    names: [...new Set(namesOf(kept))].map(asText),
    record: JSON.stringify(kept),
  });
  const orDuplicate = async <T>(operation: () => Promise<T>): Promise<T> => {
    try {
      return await guard(() => retryDeadlocks(operation));
    } catch (error) {
      throw violatedIndex(error) ? new DuplicateError(taken) : error;
    }
  };

  return {
    async find(id: string): Promise<Kept | undefined> {
      const stored = await guard(() => records.findOne(byId(id)));
      return stored ? parse(stored) : undefined;
    },
    async findByName(name: string): Promise<Kept | undefined> {
      const stored = await guard(() => records.findOne({ names: exactly(name) }));
      return stored ? parse(stored) : undefined;
    },
    async list({ after = '', limit }: { after?: string | undefined; limit: number }) {
      const behind = records.find({ _id: { $gt: asText(after) } }).sort({ _id: 1 });
      const stored = await guard(() => firstOf(behind, limit));
      return stored.map(parse);
    },
    async create(kept: Kept, event?: AuditEvent): Promise<void> {
      const stored = { _id: asText(idOf(kept)), ...toStored(kept), ...carrying(event) };
      await orDuplicate(() => records.insertOne(stored));
    },
    async update(kept: Kept, event?: AuditEvent): Promise<boolean> {
      const filter = { ...byId(idOf(kept)), version: kept.version - 1 };
      const change = replacing<Stored>(toStored(kept), [], event);
      const result = await orDuplicate(() => records.updateOne(filter, change));
      return result.matchedCount === 1;
    },
    async remove(id: string, event?: AuditEvent): Promise<boolean> {
      const gone = { collection, record: id };
      return (await guard(() => removeCarrier(database, gone, event))) !== undefined;
    },
  };
}
