/**
 * Reports keys that were sent in a URL. Anybody can send something that looks like a key as often as they like,
 * so a report costs the store nothing if the same key was just reported, or if its sender keeps sending made-up
 * ones.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import { displayOf } from '../model/key_format.ts';
import type { GuessLimit } from '../verification/guess_limit.ts';
import type { ReportLeak } from './key_in_query.ts';
import type { Leaks } from './leaks.ts';

/** How long a process remembers that it reported a key, in milliseconds. */
const reportedForMs = 600_000;
/** Beyond this many, the oldest reports are forgotten. */
const maxReported = 10_000;

export function createReportLeak({
  leaks,
  guessing,
  clock,
  log,
}: {
  leaks: Leaks;
  guessing: GuessLimit;
  clock: Clock;
  log: Record<'warn', (fields: object, message: string) => void>;
}): ReportLeak {
  const reported = createLruCache<number>(maxReported);

  return async (key, { source, ip, requestId }) => {
    const hash = sha256(key);
    const origin = { address: ip, requester: 'leaks' };
    if ((reported.get(hash) ?? 0) > clock.now() || guessing.waitFor(origin) > 0) return;
    if (!(await leaks.report({ key, source }, { ip, requestId }))) {
      await guessing.failed(origin);
      return;
    }
    reported.set(hash, clock.now() + reportedForMs);
    const { start, end } = displayOf(key);
    const fields = { display: `${start}…${end}`, source, ip, request_id: requestId };
    log.warn(fields, 'an API key was sent where others can read it');
  };
}
