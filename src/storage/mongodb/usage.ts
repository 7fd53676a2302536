/**
 * Usage of API keys in MongoDB. `_id` is `day:key`; days are of one length, so its order is that of
 * (day, key).
 */
import type { Filter } from 'mongodb';
import { type UsageRow, type UsageStore, usagePages } from '../usage.ts';
import { asText, type Connection, exactly, firstOf } from './connection.ts';
import { onlyDuplicates } from './errors.ts';

type StoredUsage = {
  _id: string;
  key_id: string;
  project_id: string;
  api: string;
  allowed: number;
  limited: number;
  denied: number;
};

/** See UsageStore. */
export function createUsageStore({ database, guard }: Connection): UsageStore {
  const usage = database.collection<StoredUsage>('usage');

  /** Makes the rows that are not there yet, with nothing counted in them. */
  async function prepare(rows: ReadonlyMap<string, UsageRow>): Promise<void> {
    const there = await usage
      .find({ _id: { $in: [...rows.keys()] } }, { projection: { _id: 1 } })
      .toArray();
    const missing = new Map(rows);
    for (const { _id } of there) missing.delete(_id);
    if (missing.size === 0) return;
    try {
      await usage.insertMany([...missing.values()].map(toEmpty), { ordered: false });
    } catch (error) {
      if (!onlyDuplicates(error)) throw error;
    }
  }

  return {
    async add(rows) {
      if (rows.length === 0) return;
      // In one order, so that two that add to the same rows never wait for each other in a circle.
      const sorted = rows
        .map((row): [id: string, row: UsageRow] => [key(row), row])
        .sort(([one], [other]) => (one < other ? -1 : 1));
      const updates = sorted.map(([id, { allowed, limited, denied }]) => ({
        updateOne: {
          filter: { _id: exactly(id) },
          update: { $inc: { allowed, limited, denied } },
        },
      }));
      await guard(async () => {
        // Not by upserts: DocumentDB answers as done an insertion that then lost a race.
        await prepare(new Map(sorted));
        await usage.bulkWrite(updates, { ordered: false });
      });
    },
    query: (options) =>
      usagePages(options, async ({ link, after, limit }) => {
        const filter: Filter<StoredUsage> = {
          _id: {
            $gte: `${asText(options.from)}:`,
            // The sign behind the colon.
            $lt: `${asText(options.to)};`,
            ...(after && { $gt: key(after) }),
          },
          ...(link && { [link.column]: exactly(link.value) }),
        };
        const found = usage.find(filter).sort({ _id: 1 });
        return (await guard(() => firstOf(found, limit))).map(toRow);
      }),
  };
}

function key({ day, keyId }: Pick<UsageRow, 'day' | 'keyId'>): string {
  return `${asText(day)}:${asText(keyId)}`;
}

function toEmpty(row: UsageRow): StoredUsage {
  return {
    _id: key(row),
    key_id: row.keyId,
    project_id: asText(row.projectId),
    api: asText(row.api),
    allowed: 0,
    limited: 0,
    denied: 0,
  };
}

function toRow(stored: StoredUsage): UsageRow {
  const { _id, key_id: keyId, project_id: projectId, api, allowed, limited, denied } = stored;
  const day = _id.slice(0, -keyId.length - 1);
  return { day, keyId, projectId, api, allowed, limited, denied };
}
