/**
 * Keys that were sent in a URL. Anybody can send something that looks like one, as often as he likes: a report
 * costs the store nothing where the same was reported a moment ago, or where its sender only sends inventions.
 */
import { createRecent } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import { displayOf } from '../model/key_format.ts';
import type { GuessLimit } from '../verification/guess_limit.ts';
import type { ReportLeak } from './key_in_query.ts';
import type { Leaks } from './leaks.ts';

/** Milliseconds for which a process remembers that it reported a key. */
const reportedForMs = 600_000;
/** The one that was reported first is forgotten first. */
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
  const reported = createRecent<number>(maxReported);

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
