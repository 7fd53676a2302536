/**
 * Records in MongoDB that have an id and a unique name: each as a JSON text beside the fields that it is found by.
 */
import type { AuditEvent } from '../audit_events.ts';
import { DuplicateError } from '../errors.ts';
import { asText, byId, type Connection, exactly } from './connection.ts';
import { retryDeadlocks, violatedIndex } from './errors.ts';
import type { RecordLists } from './record_lists.ts';
import { type Carrier, carrying, removeCarrier, replacing } from './unsettled_events.ts';

type Content = { version: number; record: string; [field: string]: unknown };
type Stored = Content & Carrier & { _id: string };
type Named<Field extends string> = { id: string; version: number } & {
  [field in Field]?: string | undefined;
};

/**
 * In a collection whose `fields` each have a unique index of their own name, and the value of the record's
 * property of that name. `noun`: what DuplicateError calls a record. See UserStore for what the functions promise.
 */
export function createNamedRecords<Field extends string, Kept extends Named<Field>>(
  { database, guard }: Connection,
  {
    collection,
    noun,
    fields,
    lists: { linksOf, linkFields, creating, updating, removing },
  }: {
    collection: string;
    noun: string;
    fields: readonly [Field, ...Field[]];
    lists: RecordLists<Kept, string>;
  },
) {
  const records = database.collection<Stored>(collection);

  const toStored = (kept: Kept): Content => {
    const { version } = kept;
    // What a record does not have is absent, so that its unique index leaves the record alone.
    const found = fields.flatMap((field) => {
      const value = kept[field];
      return value === undefined ? [] : [[field, value] as const];
    });
    return {
      ...{ ...Object.fromEntries(found), ...linksOf(kept), version },
      record: JSON.stringify(kept),
    };
  };
  const orDuplicate = async <T>(operation: () => Promise<T>) => {
    try {
      return await guard(operation);
    } catch (error) {
      const index = violatedIndex(error);
      if (!index) throw error;
      throw new DuplicateError(`A ${noun} with this ${index === '_id_' ? 'id' : index}`);
    }
  };

  return {
    async findBy(field: '_id' | Field, value: string): Promise<Kept | undefined> {
      const stored = await guard(() => records.findOne({ [field]: exactly(value) }));
      return stored ? (JSON.parse(stored.record) as Kept) : undefined;
    },
    async create(kept: Kept, event?: AuditEvent): Promise<void> {
      const stored = { _id: asText(kept.id), ...toStored(kept), ...carrying(event) };
      const insert = () => retryDeadlocks(() => records.insertOne(stored));
      await orDuplicate(() => creating(kept, insert));
    },
    async update(kept: Kept, event?: AuditEvent): Promise<boolean> {
      const filter = { ...byId(kept.id), version: kept.version - 1 };
      const optional = [...fields, ...linkFields(kept)];
      const change = replacing<Stored>(toStored(kept), optional, event);
      const replace = async () => {
        const result = await retryDeadlocks(() => records.updateOne(filter, change));
        return result.matchedCount === 1;
      };
      return orDuplicate(() => updating(kept, replace));
    },
    remove: (id: string, event?: AuditEvent): Promise<boolean> =>
      guard(() => removing(() => removeCarrier(database, { collection, record: id }, event))),
  };
}
