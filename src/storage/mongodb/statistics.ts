/**
 * Statistics in MongoDB. `_id` is `metric bucket label`, the metric with its step; buckets are of one length, so its order
 * is that of (metric, bucket, label).
 */
import {
  keptAs,
  type StatisticsRow,
  type StatisticsStore,
  withLongerSteps,
} from '../statistics.ts';
import { asText, type Connection, exactly, firstOf } from './connection.ts';
import { onlyDuplicates } from './errors.ts';

type StoredStatistics = Omit<StatisticsRow, 'metric' | 'label'> & { _id: string };

/** See StatisticsStore. */
export function createStatisticsStore({ database, guard }: Connection): StatisticsStore {
  const statistics = database.collection<StoredStatistics>('statistics');

  /** Makes the rows that are not there yet, with nothing counted in them. */
  async function prepare(rows: ReadonlyMap<string, StatisticsRow>): Promise<void> {
    const there = await statistics
      .find({ _id: { $in: [...rows.keys()] } }, { projection: { _id: 1 } })
      .toArray();
    const missing = new Map(rows);
    for (const { _id } of there) missing.delete(_id);
    if (missing.size === 0) return;
    const empty = [...missing].map(([_id, { bucket }]) => ({
      ...{ _id, bucket, count: 0, sum: 0, max: 0 },
    }));
    try {
      await statistics.insertMany(empty, { ordered: false });
    } catch (error) {
      if (!onlyDuplicates(error)) throw error;
    }
  }

  return {
    async add(rows) {
      if (rows.length === 0) return;
      // In one order, so that two that add to the same rows never wait for each other in a circle.
      const sorted = withLongerSteps(rows)
        .map((row): [id: string, row: StatisticsRow] => [key(row), row])
        .sort(([one], [other]) => (one < other ? -1 : 1));
      const updates = sorted.map(([id, { count, sum, max }]) => ({
        updateOne: {
          filter: { _id: exactly(id) },
          update: { $inc: { count, sum }, $max: { max } },
        },
      }));
      await guard(async () => {
        // Not by upserts: DocumentDB answers as done an insertion that then lost a race.
        await prepare(new Map(sorted));
        await statistics.bulkWrite(updates, { ordered: false });
      });
    },
    async read({ metric, step, from, until, limit }) {
      const kept = keptAs(metric, step);
      const found = statistics
        .find({ _id: { $gte: bucketKey(kept, from), $lt: bucketKey(kept, until) } })
        .sort({ _id: 1 });
      return (await guard(() => firstOf(found, limit))).map(({ _id, bucket, count, sum, max }) => {
        const label = _id.slice(bucketKey(kept, bucket).length + 1);
        return { metric, label, bucket, count, sum, max };
      });
    },
  };
}

/** A metric has no space in its name. */
function bucketKey(metric: string, bucket: number): string {
  return `${asText(metric)} ${String(bucket).padStart(15, '0')}`;
}

function key({ metric, bucket, label }: StatisticsRow): string {
  return `${bucketKey(metric, bucket)} ${asText(label)}`;
}
