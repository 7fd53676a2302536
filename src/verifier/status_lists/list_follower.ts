/**
 * Follows one status list: long polls where the issuer offers it, looks every `ttl` where not, keeps the
 * last good list through every failure. It decides on no token.
 */
import type { Keys } from '../issuer_keys/issuer_keys.ts';
import { backoff, later } from '../issuer_keys/timing.ts';
import type { Settings } from '../options.ts';
import type { Report } from '../report.ts';
import type { Answer, Http } from '../requests/issuer_requests.ts';
import { ListRefused, newerOf, readStatusList, type StatusList } from './status_list.ts';

export type ListFollower = {
  readonly uri: string;
  /** The last good one. */
  list(): StatusList | undefined;
  /** The issuer said that there is no such list. */
  isGone(): boolean;
  /** The list lacks nothing that happened longer ago than `max_staleness`. */
  isFresh(now: number): boolean;
  /** The attempt under way, where there is hope that it ends well. */
  attempt(): Promise<void> | undefined;
  /** When a token last pointed at it, milliseconds; set by whoever checks one. */
  usedAt: number;
  watch(now: number): void;
  stop(): void;
};

/** Between the starts of two requests, also where the list changes all the time. */
const gapMs = 250;
/** Between two long polls: in it a process ends that has nothing else to do. */
const restMs = 20;
const longestWait = 5;

export function createListFollower({
  uri,
  settings,
  http,
  keys,
  report,
}: {
  uri: string;
  settings: Settings;
  http: Http;
  keys: Keys;
  report: Report;
}): ListFollower {
  const { clock, clockTolerance, issuer, maxListBytes, maxStalenessMs } = settings;
  const halfLife = maxStalenessMs / 2000;
  const mostWait = Math.min(longestWait, Math.max(1, Math.floor((maxStalenessMs * 0.4) / 1000)));
  let held: StatusList | undefined;
  let etag: string | undefined;
  let gone = false;
  let failures = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Seconds. */
  const age = () => (held ? clock.now() / 1000 - held.iat : Number.POSITIVE_INFINITY);

  /** Shorter at first: a request that was lost must leave time for another while the list is fresh. */
  const patienceMs = () =>
    Math.min(settings.timeoutMs, Math.max(1000, maxStalenessMs / (failures === 0 ? 5 : 3)));

  /** Seconds to ask the issuer to wait for news: never so long that freshness would suffer. */
  const nextWait = () =>
    gone || failures > 0 || etag === undefined
      ? 0
      : Math.max(0, Math.min(mostWait, Math.floor(halfLife - age())));

  /** One look. Resolves with the milliseconds until the next. */
  const look = async (): Promise<number> => {
    const wait = nextWait();
    const startedAt = performance.now();
    const answer = await http.get(uri, {
      headers: {
        accept: 'application/statuslist+jwt',
        // Once it is time for a newly signed list the condition is left out: a 304 proves nothing.
        ...(wait > 0 && { 'if-none-match': etag, prefer: `wait=${wait}` }),
      },
      timeoutMs: patienceMs() + wait * 1000,
      // base64 of incompressible bytes, twice (`lst` inside of the payload), and the rest of a JWT.
      maxBytes: Math.ceil(maxListBytes * 1.8) + 16_384,
    });
    if (answer.status === 404 || answer.status === 410) return vanish();
    if (answer.status === 200) await take(answer);
    else if (answer.status !== 304 || wait === 0) throw new Error(`answered ${answer.status}`);
    gone = false;
    failures = 0;
    const waited = /\bwait\b/.test(answer.headers.get('preference-applied') ?? '');
    if (wait > 0 ? waited : nextWait() > 0) {
      return Math.max(restMs, gapMs - (performance.now() - startedAt));
    }
    return Math.max(gapMs, Math.min((held?.ttl ?? 1) * 1000, maxStalenessMs / 4));
  };

  const take = async (answer: Answer) => {
    const next = await readStatusList(answer.body, {
      uri,
      issuer,
      keyOf: async ({ kid, alg }) =>
        (keys.find(kid, alg) ?? (await keys.lookup(kid, alg, 'list'))).key,
      now: clock.now() / 1000,
      tolerance: clockTolerance,
      maxBytes: maxListBytes,
    });
    // What a key signed that was taken back may not outrank by its `iat` what the others sign now.
    const rival = held && keys.isPublished(held.kid) ? held : undefined;
    const newest = newerOf(rival, next);
    // Another node of the issuer may be a little behind: no fault, and no news.
    if (!newest || stopped) return;
    held = newest;
    etag = answer.headers.get('etag') ?? undefined;
    report.counters.list_updates_total += 1;
    if (next.jwks !== undefined) keys.named(next.jwks, next.iat);
  };

  const vanish = () => {
    failures += 1;
    if (!gone && !stopped) report.event({ type: 'list_gone', uri });
    gone = true;
    return backoff(failures, 1000, 30_000);
  };

  const failed = (failure: unknown): number => {
    failures += 1;
    if (!stopped) {
      const type = failure instanceof ListRefused ? 'list_refused' : 'fetch_failed';
      const reason = failure instanceof Error ? failure.message : 'unknown';
      report.event({ type, uri, reason });
    }
    return backoff(failures, 250, Math.min(5000, maxStalenessMs / 2));
  };

  const run = () => {
    running = look()
      .catch(failed)
      .then((delay) => {
        running = undefined;
        if (stopped) return;
        follower.watch(clock.now());
        timer = later(delay, run);
      });
  };

  const isFresh = (now: number) => {
    const ageMs = held ? now - held.iat * 1000 : Number.POSITIVE_INFINITY;
    // Far in the future: the time of day was set back, and age means nothing.
    return ageMs <= maxStalenessMs && ageMs >= -1000 * clockTolerance - 1000;
  };

  const follower: ListFollower = {
    uri,
    list: () => held,
    isGone: () => gone,
    isFresh,
    attempt: () => (failures < 2 ? running : undefined),
    usedAt: clock.now(),
    watch(now) {
      if (!held && failures === 0) return;
      report.sight('status_list', uri, !gone && !isFresh(now), held?.iat ?? 0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      report.forget(uri);
    },
  };
  run();
  return follower;
}
