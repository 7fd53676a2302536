/**
 * Follows the revocations in the store: each process asks a few times a second what is new, which costs one
 * look into an index when nothing is. It owns what "up to date" means: the instant at which the last look
 * began that was answered.
 */
import type { Clock } from '../../clock.ts';
import type { Revocation, RevocationStore } from '../../storage/revocations.ts';
import { createYielder } from '../../yielding.ts';

export type RevocationFeed = {
  /** Reads all there is; then goes on by itself. Throws StoreUnavailableError. */
  start(): Promise<void>;
  /** Looks at once. Never throws. */
  poke(): Promise<void>;
  /** Every revocation that was answered before this instant has been applied. Milliseconds since the epoch. */
  upToDateAt(): number;
  close(): Promise<void>;
};

export type FeedLog = Record<'info' | 'warn', (fields: object, message: string) => void>;

const pageSize = 1000;

export function createRevocationFeed({
  store,
  clock,
  log,
  pollEveryMs,
  apply,
  afterPoll,
}: {
  store: Pick<RevocationStore, 'changes'>;
  clock: Clock;
  log: FeedLog;
  pollEveryMs: number;
  /** Called with each revocation, in order; after a failure again. Idempotent. */
  apply: (revocation: Revocation) => Promise<void>;
  /** Called when a look is over, also when it brought nothing. */
  afterPoll: () => void;
}): RevocationFeed {
  /** All up to here have been applied: nothing new comes at or below it (RevocationStore.changes). */
  let cursor = 0;
  let upToDateAt = 0;
  let lost = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  const look = async () => {
    const startedAt = clock.now();
    const othersTurn = createYielder();
    for (;;) {
      const page = await store.changes({ after: cursor, limit: pageSize, now: startedAt });
      for (const revocation of page) {
        await apply(revocation);
        cursor = revocation.sequence;
        await othersTurn();
      }
      if (page.length < pageSize) break;
    }
    upToDateAt = startedAt;
  };

  const lookAndReport = async () => {
    try {
      await look();
      if (lost) log.info({}, 'status lists are in step with the store again');
      lost = false;
    } catch (error) {
      if (!lost) log.warn({ err: error }, 'status lists cannot be brought up to date');
      lost = true;
    }
    afterPoll();
  };

  /** One look at a time; a poke during one leads to another. */
  const lookOnce = (): Promise<void> => {
    looking ??= lookAndReport().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  const schedule = () => {
    if (closed) return;
    timer = setTimeout(async () => {
      await lookOnce();
      schedule();
    }, pollEveryMs).unref();
  };

  return {
    async start() {
      await look();
      schedule();
    },
    async poke() {
      if (closed) return;
      await looking;
      await lookOnce();
    },
    upToDateAt: () => upToDateAt,
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
