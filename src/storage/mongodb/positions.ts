/**
 * Pages of records that stand for positions of the status lists, in the order of (list, first).
 */
import type { Collection, Filter, WithId } from 'mongodb';
import { asText, type Connection, exactly, firstOf } from './connection.ts';

type Positioned = { _id: string; list: string; first: number };

/** At most `limit` of those that match, from behind `after`. */
export async function pageByPosition<Record extends Positioned>(
  collection: Collection<Record>,
  guard: Connection['guard'],
  filter: Filter<Record>,
  { after, limit }: { after?: { list: string; first: number } | undefined; limit: number },
): Promise<WithId<Record>[]> {
  const page = (place: Filter<Positioned>, most: number) =>
    guard(() =>
      firstOf(
        collection.find({ ...filter, ...place } as Filter<Record>).sort({ list: 1, first: 1 }),
        most,
      ),
    );
  if (!after) return page({}, limit);
  const { list, first } = after;
  // Each is one stretch of an index; both in one query would begin at the first of the list.
  const same = await page({ list: exactly(list), first: { $gt: first } }, limit);
  const rest = limit - same.length;
  const others = rest > 0 ? await page({ list: { $gt: asText(list) } }, rest) : [];
  return [...same, ...others];
}
