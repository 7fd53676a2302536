/**
 * Usage of API keys in SQLite, kept in order of day and key. It is written each second, and only every so often
 * waits for the disk: until then a failure of the machine, but not the end of the process, can take it.
 */
import { type UsageRow, type UsageStore, usagePages } from '../usage.ts';
import type { Connection, Parameters, Row } from './connection.ts';
import type { RoutineWriter } from './routine_writer.ts';

const columns = 'day, key_id AS keyId, project_id AS projectId, api, allowed, limited, denied';

/** Milliseconds. */
const syncedEvery = 10_000;

/** See UsageStore. */
export function createUsageStore({ readAll }: Connection, routine: RoutineWriter): UsageStore {
  let syncedAt = 0;

  return {
    async add(rows) {
      if (rows.length === 0) return;
      const isSynced = performance.now() - syncedAt >= syncedEvery;
      if (isSynced) syncedAt = performance.now();
      await routine.write('addUsage', rows.map(toRow), isSynced);
    },
    query: (options) =>
      usagePages(options, async ({ link, after, limit }) => {
        const { from, to } = options;
        const parameters: Parameters = { to, limit };
        const conditions = ['day <= :to'];
        if (link) {
          conditions.push(`${link.column} = :link`);
          parameters.link = link.value;
        }
        // One lower end, so that the index is entered there.
        if (after && after.day >= from) {
          conditions.push('(day, key_id) > (:afterDay, :afterKey)');
          Object.assign(parameters, { afterDay: after.day, afterKey: after.keyId });
        } else {
          conditions.push('day >= :from');
          parameters.from = from;
        }
        const sql = `SELECT ${columns} FROM usage WHERE ${conditions.join(' AND ')}
          ORDER BY day, key_id LIMIT :limit`;
        return (await readAll<UsageRow>(sql, parameters)).map((row) => ({ ...row }));
      }),
  };
}

function toRow({ day, keyId, projectId, api, allowed, limited, denied }: UsageRow): Row {
  return [day, keyId, projectId, api, allowed, limited, denied];
}
