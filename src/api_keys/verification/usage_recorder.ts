/**
 * Usage of keys: counted in memory and written once a second, together with the minute of the last use. Exact
 * after a clean stop; a killed process loses at most what it counted since the last write.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { dayMs, minuteMs } from '../../definitions/units.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';
import type { UsageCounts, UsageRow, UsageStore } from '../../storage/usage.ts';

export type UsageRecorder = {
  count(
    key: Pick<ApiKeyRecord, 'id' | 'projectId' | 'api'>,
    outcome: keyof UsageCounts,
    times?: number,
  ): void;
  /** Writes what was counted so far. Never throws: what could not be written is kept for the next time. */
  flush(): Promise<void>;
  /** Stops the periodic writes and writes the rest. */
  close(): Promise<void>;
};

export type UsageLog = Record<'info' | 'warn', (fields: object, message: string) => void>;

const flushEveryMs = 1000;
/** Rows per write: it blocks the process for a few milliseconds. */
const rowsInWrite = 200;
/**
 * Rows and uses that a process keeps. Beyond this, further keys are not counted while the store is unavailable.
 */
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
  log: UsageLog;
}): UsageRecorder {
  let rows = new Map<string, UsageRow>();
  /** Last uses that are not written yet: key id to the minute (ms). */
  let uses = new Map<string, number>();
  /** The minute of each key's last use, as far as this process has written it. */
  const written = createLruCache<number>(maxRows);
  let day = { text: '', startsAt: 0 };
  let flushing: Promise<void> | undefined;
  let isLost = false;

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
    while (waiting.length > 0) {
      const part = waiting.slice(0, rowsInWrite);
      try {
        await usage.add(part);
        waiting.splice(0, part.length);
      } catch (error) {
        for (const row of waiting) addTo(rows, row);
        throw error;
      }
    }
  };

  const writeUses = async () => {
    const waiting = [...uses].map(([keyId, lastUsedAt]) => ({ keyId, lastUsedAt }));
    uses = new Map();
    while (waiting.length > 0) {
      const part = waiting.slice(0, rowsInWrite);
      try {
        await keys.touch(part);
        waiting.splice(0, part.length);
      } catch (error) {
        for (const { keyId, lastUsedAt } of waiting) {
          uses.set(keyId, Math.max(lastUsedAt, uses.get(keyId) ?? 0));
        }
        throw error;
      }
    }
  };

  const write = async () => {
    try {
      await writeUsage();
      await writeUses();
      if (isLost) log.info({}, 'usage of API keys is written again');
      isLost = false;
    } catch (error) {
      if (!isLost) log.warn({ err: error }, 'usage of API keys cannot be written');
      isLost = true;
    }
  };

  /** One write at a time. What is counted during a write goes into the next. */
  const flush = async () => {
    await flushing;
    flushing ??= write().finally(() => {
      flushing = undefined;
    });
    await flushing;
  };

  const noteUse = (keyId: string, now: number) => {
    const minute = now - (now % minuteMs);
    if ((written.get(keyId) ?? 0) >= minute) return;
    if (uses.size >= maxRows) return;
    uses.set(keyId, minute);
    written.set(keyId, minute);
  };

  const timer = setInterval(() => {
    if (rows.size > 0 || uses.size > 0) void flush();
  }, flushEveryMs).unref();

  return {
    count({ id, projectId = '', api }, outcome, times = 1) {
      const now = clock.now();
      const row = { day: dayOf(now), keyId: id, projectId, api, allowed: 0, limited: 0, denied: 0 };
      row[outcome] = times;
      addTo(rows, row);
      if (outcome === 'allowed') noteUse(id, now);
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
