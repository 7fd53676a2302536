/**
 * Follows the revocations in the store: each process asks a few times a second what is new, which costs one
 * look into an index when nothing is. It owns what "up to date" means: the instant at which the last look
 * began that was answered.
 */
import type { Clock } from '../../clock.ts';
import type { Revocation, RevocationStore } from '../../storage/revocations.ts';

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
/** A missing number is waited for as long as a write to the store can be under way. Milliseconds. */
const longestWriteMs = 10_000;

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
  /** All up to here have been applied, or will never come. */
  let cursor = 0;
  const ahead = new Set<number>();
  /** How far the numbers went at earlier looks (`at` by the monotonic clock). */
  const horizons: { at: number; highest: number }[] = [];
  let upToDateAt = 0;
  let lost = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  /** What is still missing long after a higher number was seen never comes. */
  const advance = (highest: number) => {
    while (ahead.delete(cursor + 1)) cursor += 1;
    const now = performance.now();
    if (highest > (horizons.at(-1)?.highest ?? cursor)) horizons.push({ at: now, highest });
    while (horizons[0] && now - horizons[0].at > longestWriteMs) {
      cursor = Math.max(cursor, horizons.shift()?.highest ?? 0);
    }
    for (const sequence of ahead) if (sequence <= cursor) ahead.delete(sequence);
  };

  const look = async () => {
    const startedAt = clock.now();
    let after = cursor;
    for (;;) {
      const page = await store.changes({ after, limit: pageSize, now: startedAt });
      for (const revocation of page) {
        if (ahead.has(revocation.sequence)) continue;
        await apply(revocation);
        ahead.add(revocation.sequence);
      }
      after = page.at(-1)?.sequence ?? after;
      if (page.length < pageSize) break;
    }
    advance(after);
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
