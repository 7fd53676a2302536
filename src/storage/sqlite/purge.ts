/**
 * Removes what has expired, through the routine thread, in transactions so short that the writes of requests have
 * their turn in between.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { keepEndedKeysMs } from '../api_keys.ts';
import { keepStatisticsMs } from '../statistics.ts';
import type { PurgeOptions } from '../store.ts';
import type { RoutineStatement } from './routine_statements.ts';
import type { RoutineWriter } from './routine_writer.ts';

/** Records in a transaction: some milliseconds. */
const atOnce = 125;
/** Milliseconds between two: who finds the lock taken tries again within three. */
const restMs = 4;

const purgeExpired = [
  'purgeRefusals',
  'purgeArtifacts',
  'purgeRevocations',
  'purgeStatusLeases',
  'purgeStatusRanges',
  'purgeCounters',
  'purgeClients',
  'purgeWebhookDeliveries',
] as const;

/** See Store.purge. */
export async function purge(
  routine: RoutineWriter,
  { now, limit, auditBefore }: PurgeOptions,
): Promise<number> {
  const remove = async (statement: RoutineStatement, cutoff: number) => {
    for (let removed = 0; ; await sleep(restMs)) {
      const most = Math.min(atOnce, limit - removed);
      const changed = await routine.write(statement, [[cutoff, most]], false);
      removed += changed;
      if (changed < most || removed >= limit) return removed;
    }
  };
  let total = await remove('purgeEvents', auditBefore);
  total += await remove('purgeApiKeys', now - keepEndedKeysMs);
  total += await remove('purgeStatistics', now - keepStatisticsMs);
  for (const statement of purgeExpired) total += await remove(statement, now);
  return total;
}
