/**
 * Audit events of changes, in MongoDB: the changed record carries them until they are in the trail. Nothing is left to
 * carry that of a removal, which is written ahead, and counts once the record is gone.
 */
import type { Collection, Db, Document, UpdateFilter } from 'mongodb';
import type { AuditEvent, AuditTarget } from '../audit_events.ts';
import { byId, exactly } from './connection.ts';

type Kept = { id: string; at: number; event: string };
export type Carrier = { unsettled?: Kept[] };
type Removal = { _id: string; at: number; event: string; collection: string; record: string };

/** The collections whose records carry events, by what the events are about. */
const carrierOf: Partial<Record<AuditTarget['kind'], string>> = {
  ...{ client: 'clients', user: 'users', project: 'projects', api_key: 'api_keys', api: 'apis' },
  ...{ group: 'groups', operator: 'documents', settings: 'documents', webhook: 'documents' },
  ...{ signing_key: 'documents', tier: 'documents' },
  authenticators: 'authenticators',
};
const carriers = new Set(Object.values(carrierOf));

/** What a new record carries. */
export function carrying(...events: readonly (AuditEvent | undefined)[]): Carrier {
  const kept = events.filter((event) => event !== undefined).map(toKept);
  return kept.length > 0 ? { unsettled: kept } : {};
}

/**
 * Gives a record this content and the events beside those that it carries already. `optional`: the fields that the
 * content may lack.
 */
export function replacing<Stored extends Document & Carrier>(
  content: Partial<Stored>,
  optional: readonly (keyof Stored & string)[],
  ...events: readonly (AuditEvent | undefined)[]
): UpdateFilter<Stored> {
  const { unsettled } = carrying(...events);
  const absent = optional.filter((field) => content[field] === undefined);
  return {
    $set: content,
    ...(absent.length > 0 && { $unset: Object.fromEntries(absent.map((field) => [field, ''])) }),
    ...(unsettled && { $push: { unsettled: { $each: unsettled } } }),
  } as UpdateFilter<Stored>;
}

/**
 * Removes a record, with the event of the removal, if any; what it still carried is kept. Answers the record as it
 * was kept; undefined where there was none.
 */
export async function removeCarrier(
  database: Db,
  { collection, record }: { collection: string; record: string },
  removal: AuditEvent | undefined,
): Promise<string | undefined> {
  const keep = ({ id: _id, at, event }: Kept) =>
    removalsOf(database).insertOne({ ...{ _id, at, event }, collection, record });
  if (removal) await keep(toKept(removal));
  const gone = await database
    .collection<Carrier & { _id: string; record: string }>(collection)
    .findOneAndDelete(byId(record), { projection: { unsettled: 1, record: 1 } });
  for (const kept of gone?.unsettled ?? []) await keep(kept);
  if (removal && !gone) await removalsOf(database).deleteOne(byId(removal.id));
  return gone?.record;
}

/** See AuditStore.unsettled. */
export async function findUnsettled(
  database: Db,
  { before, limit }: { before: number; limit: number },
): Promise<AuditEvent[]> {
  const found: Kept[] = [];
  for (const name of carriers) {
    const carried = await database
      .collection<Document & Carrier>(name)
      .find({ 'unsettled.at': { $lt: before } }, { projection: { unsettled: 1 }, limit })
      .toArray();
    found.push(...carried.flatMap(({ unsettled = [] }) => unsettled));
  }
  const removals = removalsOf(database);
  for (const removal of await removals.find({ at: { $lt: before } }, { limit }).toArray()) {
    const { _id: id, at, event, collection, record } = removal;
    if (!(await isThere(database, collection, record))) found.push({ id, at, event });
    // Its process died before it removed anything: nothing happened.
    else await removals.deleteOne(byId(id));
  }
  return found
    .filter(({ at }) => at < before)
    .sort((one, other) => one.at - other.at)
    .slice(0, limit)
    .map(({ event }) => JSON.parse(event) as AuditEvent);
}

/** See AuditStore.settle. */
export async function settle(database: Db, { id, target }: AuditEvent): Promise<void> {
  const carrier = target && carrierOf[target.kind];
  if (carrier) {
    const filter = { 'unsettled.id': exactly(id) };
    const change: UpdateFilter<Carrier> = { $pull: { unsettled: { id } } };
    const { matchedCount } = await database.collection<Carrier>(carrier).updateOne(filter, change);
    if (matchedCount > 0) return;
  }
  await removalsOf(database).deleteOne(byId(id));
}

async function isThere(database: Db, collection: string, record: string): Promise<boolean> {
  const filter = byId(record) as Document;
  return (
    (await database.collection(collection).findOne(filter, { projection: { _id: 1 } })) !== null
  );
}

function removalsOf(database: Db): Collection<Removal> {
  return database.collection<Removal>('unsettled_removals');
}

function toKept(event: AuditEvent): Kept {
  const { id, at } = event;
  return { id, at, event: JSON.stringify(event) };
}
