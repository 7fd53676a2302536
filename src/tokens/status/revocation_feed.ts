/**
 * Follows the revocations in the store. Each process polls a few times a second, which costs one index lookup
 * if there is nothing new. It owns what "up to date" means: when the last successful poll began.
 */
import type { Clock } from '../../clock.ts';
import type { Revocation, RevocationStore } from '../../storage/revocations.ts';
import { createYielder } from '../../yielding.ts';

export type RevocationFeed = {
  /** Reads everything there is, then keeps polling. Throws StoreUnavailableError. */
  start(): Promise<void>;
  /** Polls at once. Never throws. */
  poke(): Promise<void>;
  /** Every revocation acknowledged before this time has been applied. Milliseconds since the epoch. */
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
  /** Called with each revocation, in order. Called again after a failure. Idempotent. */
  apply: (revocation: Revocation) => Promise<void>;
  /** Called after each poll, even if there was nothing new. */
  afterPoll: () => void;
}): RevocationFeed {
  /** Everything up to here has been applied. Nothing new appears at or below it (RevocationStore.changes). */
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
      if (lost) log.info({}, 'status lists are up to date with the store again');
      lost = false;
    } catch (error) {
      if (!lost) log.warn({ err: error }, 'status lists cannot be brought up to date');
      lost = true;
    }
    afterPoll();
  };

  /** One poll at a time. A poke during one causes another. */
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
