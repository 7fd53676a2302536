/**
 * Removal of many records, a bounded batch at a time.
 */
import type { Collection, Document, Filter } from 'mongodb';

/**
 * Looks at no more than `limit` of those that match, and removes them, or those that are meant. `isLast`: none that is
 * meant is left. An index has the oldest first, so that a full batch with none of them is followed by none.
 */
export async function removeBatch<Record extends Document>(
  collection: Collection<Record>,
  filter: Filter<Record>,
  limit: number,
  isMeant: (record: Document) => boolean = () => true,
): Promise<{ removed: number; isLast: boolean }> {
  const projection = { _id: 1, created: 1 };
  const page = await collection.find(filter, { projection, limit }).toArray();
  const found = page.filter(isMeant);
  if (found.length === 0) return { removed: 0, isLast: true };
  // The filter again: one that was renewed in between stays.
  const ids = found.map(({ _id }) => _id);
  const { deletedCount } = await collection.deleteMany({ ...filter, _id: { $in: ids } });
  return { removed: deletedCount, isLast: page.length < limit };
}
