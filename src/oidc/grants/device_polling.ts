/**
 * How often a device may ask whether its user has decided (RFC 8628 sections 3.2 and 3.5). One shared counter for each
 * device that waits, which opens a window with an answered poll and expires with it: every process sees the same, and
 * a poll that comes too soon writes nothing.
 */
import type { Clock } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import type { CounterStore } from '../../storage/counters.ts';
import { errors } from '../engine/library.ts';

/** Seconds between two polls, as devices are told it. */
export const pollInterval = 5;
/** Networks deliver unevenly: a poll may come a second early. */
const windowMs = (pollInterval - 1) * 1000;

/** Runs `issue` for this device code; throws the library's SlowDown where it is still pending and was just asked for. */
export type PaceDevice = <T>(deviceCode: string, issue: () => Promise<T>) => Promise<T>;

export function createDevicePolling({
  counters,
  clock,
}: {
  counters: Pick<CounterStore, 'addAll'>;
  clock: Clock;
}): PaceDevice {
  return async (deviceCode, issue) => {
    try {
      return await issue();
    } catch (error) {
      // Only a code that exists, of this client: what anybody makes up leaves no counter.
      if (!(error instanceof errors.AuthorizationPending)) throw error;
      const key = `device_poll:${sha256(deviceCode)}`;
      const full = await counters.addAll([{ key, amount: 1, windowMs, limit: 1 }], clock.now());
      throw full ? new errors.SlowDown() : error;
    }
  };
}
