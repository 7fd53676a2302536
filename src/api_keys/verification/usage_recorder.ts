/**
 * Usage of keys: counted in memory and written once a second, together with the minute of the last use. Exact
 * after a clean stop; a killed process loses at most what it counted since the last write.
 */
import {
  createPeriodicWrite,
  type PeriodicWrite,
  type WriteLog,
  writeInParts,
} from '../../caching/background_write.ts';
import { createLastUses } from '../../caching/last_uses.ts';
import type { Clock } from '../../clock.ts';
import { dayMs } from '../../definitions/units.ts';
import type { ApiKeyRecord, ApiKeyStore, ApiKeyUse } from '../../storage/api_keys.ts';
import type { UsageCounts, UsageRow, UsageStore } from '../../storage/usage.ts';

export type UsageRecorder = PeriodicWrite & {
  count(
    key: Pick<ApiKeyRecord, 'id' | 'projectId' | 'api'>,
    outcome: keyof UsageCounts,
    times?: number,
  ): void;
};

/** Rows that a process keeps. Beyond this, further keys are not counted while the store is unavailable. */
const maxRows = 100_000;

export function createUsageRecorder({
  usage,
  keys,
  clock,
  log,
}: {
  usage: Pick<UsageStore, 'add'>;
  keys: Pick<ApiKeyStore, 'touch'>;
  clock: Clock;
  log: WriteLog;
}): UsageRecorder {
  let rows = new Map<string, UsageRow>();
  const uses = createLastUses<ApiKeyUse>((part) => keys.touch(part));
  let day = { text: '', startsAt: 0 };

  const dayOf = (now: number): string => {
    const startsAt = now - (now % dayMs);
    if (day.startsAt !== startsAt)
      day = { text: new Date(now).toISOString().slice(0, 10), startsAt };
    return day.text;
  };

  const addTo = (target: Map<string, UsageRow>, row: UsageRow) => {
    const key = `${row.day} ${row.keyId}`;
    const known = target.get(key);
    if (!known) {
      if (target.size < maxRows) target.set(key, row);
      return;
    }
    known.allowed += row.allowed;
    known.limited += row.limited;
    known.denied += row.denied;
  };

  const writeUsage = async () => {
    const waiting = [...rows.values()];
    rows = new Map();
    await writeInParts(waiting, {
      write: (part) => usage.add(part),
      keep(left) {
        for (const row of left) addTo(rows, row);
      },
    });
  };

  const periodic = createPeriodicWrite({
    async write() {
      await writeUsage();
      await uses.flush();
    },
    isEmpty: () => rows.size === 0 && uses.isEmpty(),
    log,
    lost: 'usage of API keys cannot be written',
    recovered: 'usage of API keys is written again',
  });

  return {
    count({ id, projectId = '', api }, outcome, times = 1) {
      const now = clock.now();
      const row = { day: dayOf(now), keyId: id, projectId, api, allowed: 0, limited: 0, denied: 0 };
      row[outcome] = times;
      addTo(rows, row);
      if (outcome !== 'allowed') return;
      uses.note(id, now, (minute) => ({ keyId: id, lastUsedAt: minute }));
    },
    ...periodic,
  };
}
