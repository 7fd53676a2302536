/**
 * Removal of many records, a bounded batch at a time.
 */
import type { Collection, Document, Filter } from 'mongodb';

/**
 * Looks at no more than `limit` of those that match, and removes them. `found` may be more than were `removed`, where
 * others remove the same; 0: there are none left.
 */
export async function removeBatch<Record extends Document>(
  collection: Collection<Record>,
  filter: Filter<Record>,
  limit: number,
): Promise<{ found: number; removed: number }> {
  const found = await collection.find(filter, { projection: { _id: 1 }, limit }).toArray();
  if (found.length === 0) return { found: 0, removed: 0 };
  // The filter again: one that was renewed in between stays.
  const ids = found.map(({ _id }) => _id);
  const { deletedCount } = await collection.deleteMany({ ...filter, _id: { $in: ids } });
  return { found: found.length, removed: deletedCount };
}
