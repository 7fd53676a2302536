/**
 * Removes accounts whose time has come, within the running server.
 */
import { minuteMs } from '../definitions/units.ts';
import type { Users } from '../users/room.ts';

type DeletionLog = Record<'info' | 'warn', (fields: object, message: string) => void>;

const restMs = 10 * minuteMs;

/** From now on, first at once. */
export function createDueDeletions({
  users,
  log,
}: {
  users: Pick<Users, 'removeDue'>;
  log: DeletionLog;
}): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const run = async () => {
    try {
      const { removed, failed } = await users.removeDue();
      if (removed > 0) log.info({ removed }, 'accounts whose time had come were removed');
      for (const { id, error } of failed) {
        log.warn({ err: error, user_id: id }, 'an account was not removed, trying again later');
      }
    } catch (error) {
      log.warn({ err: error }, 'accounts were not removed, trying again later');
    }
    // Several workers do the same: a random share of the pause keeps them apart.
    if (!stopped) timer = setTimeout(next, restMs * (0.5 + Math.random())).unref();
  };
  const next = () => {
    running = run();
  };
  let running = run();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
