/**
 * Records in MongoDB that have an id and a unique name: each as a JSON text beside the fields that it is found by.
 */
import type { AuditEvent } from '../audit_events.ts';
import { DuplicateError } from '../errors.ts';
import { asText, byId, type Connection, exactly } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';
import { type Carrier, carrying, removeCarrier, replacing } from './unsettled_events.ts';

type Content = { version: number; record: string; [field: string]: unknown };
type Stored = Content & Carrier & { _id: string };
type Named<Field extends string> = { id: string; version: number } & {
  [field in Field]?: string | undefined;
};

/**
 * In a collection whose `fields` each have a unique index of their own name, and the value of the record's
 * property of that name; the first of them is the name, in whose order records are listed. `noun`: what
 * DuplicateError calls a record. See UserStore for what the functions promise.
 */
export function createNamedRecords<Field extends string, Kept extends Named<Field>>(
  { database, guard }: Connection,
  {
    collection,
    noun,
    fields,
  }: { collection: string; noun: string; fields: readonly [Field, ...Field[]] },
) {
  const records = database.collection<Stored>(collection);
  const [name] = fields;

  const toStored = (kept: Kept): Content => {
    const { version } = kept;
    // What a record does not have is absent, so that its unique index leaves the record alone.
    const found = fields.flatMap((field) => {
      const value = kept[field];
      return value === undefined ? [] : [[field, value] as const];
    });
    return { ...Object.fromEntries(found), version, record: JSON.stringify(kept) };
  };
  const orDuplicate = async <T>(operation: () => Promise<T>) => {
    try {
      return await guard(() => retryDeadlocks(operation));
    } catch (error) {
      const index = violatedIndex(error);
      if (!index) throw error;
      throw new DuplicateError(`A ${noun} with this ${index === '_id_' ? 'id' : index}`);
    }
  };

  return {
    async findBy(field: '_id' | Field, value: string): Promise<Kept | undefined> {
      const stored = await guard(() => records.findOne({ [field]: exactly(value) }));
      return stored ? toRecord<Kept>(stored) : undefined;
    },
    async list({ after = '', limit }: { after?: string | undefined; limit: number }) {
      const found = records.find({ [name]: { $gt: asText(after) } });
      const stored = await guard(() =>
        found
          .sort({ [name]: 1 })
          .limit(limit)
          .toArray(),
      );
      return stored.map(toRecord<Kept>);
    },
    async create(kept: Kept, event?: AuditEvent): Promise<void> {
      const stored = { _id: asText(kept.id), ...toStored(kept), ...carrying(event) };
      await orDuplicate(() => records.insertOne(stored));
    },
    async update(kept: Kept, event?: AuditEvent): Promise<boolean> {
      const filter = { ...byId(kept.id), version: kept.version - 1 };
      const change = replacing<Stored>(toStored(kept), fields, event);
      const result = await orDuplicate(() => records.updateOne(filter, change));
      return result.matchedCount === 1;
    },
    remove: (id: string, event?: AuditEvent): Promise<boolean> =>
      guard(() => removeCarrier(database, { collection, record: id }, event)),
  };
}

function toRecord<Kept>({ record }: Content): Kept {
  return JSON.parse(record) as Kept;
}
