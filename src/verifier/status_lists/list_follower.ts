/**
 * Follows one status list: with long polling if the issuer supports it, otherwise by fetching it every `ttl`.
 * It keeps the last good list through every failure, and makes no decision about tokens.
 */
import type { IssuerKeys } from '../issuer_keys/issuer_keys.ts';
import type { VerifierSettings } from '../options.ts';
import type { Reporter } from '../reporter.ts';
import type { IssuerHttp, IssuerResponse } from '../requests/issuer_requests.ts';
import { backoff, later } from '../timing.ts';
import { ListRefused, newerOf, readStatusList, type StatusList } from './status_list.ts';

export type ListFollower = {
  readonly uri: string;
  /** The last good list. */
  list(): StatusList | undefined;
  /** The issuer said that the list does not exist. */
  isGone(): boolean;
  /** Whether the list has everything that happened longer ago than `max_staleness`. */
  isFresh(now: number): boolean;
  /** The request under way, if it is likely to succeed. */
  attempt(): Promise<void> | undefined;
  /** When a token last pointed to it (ms); set by whoever checks a token. */
  usedAt: number;
  watch(now: number): void;
  stop(): void;
};

/** Minimum time between the starts of two requests, even if the list changes constantly. */
const gapMs = 250;
/** Pause between two long polls, in which a process that has nothing else to do can exit. */
const pollPauseMs = 20;
const maxWait = 5;

export function createListFollower({
  uri,
  settings,
  http,
  keys,
  report,
}: {
  uri: string;
  settings: VerifierSettings;
  http: IssuerHttp;
  keys: IssuerKeys;
  report: Reporter;
}): ListFollower {
  const { clock, clockTolerance, issuer, maxListBytes, maxStalenessMs } = settings;
  const halfLife = maxStalenessMs / 2000;
  const maxWaitSeconds = Math.min(maxWait, Math.max(1, Math.floor((maxStalenessMs * 0.4) / 1000)));
  let held: StatusList | undefined;
  let etag: string | undefined;
  let gone = false;
  let failures = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Seconds. */
  const age = () => (held ? clock.now() / 1000 - held.iat : Number.POSITIVE_INFINITY);

  /** Shorter at first: after a lost request, there must be time for another while the list is fresh. */
  const patienceMs = () =>
    Math.min(settings.timeoutMs, Math.max(1000, maxStalenessMs / (failures === 0 ? 5 : 3)));

  /** Seconds the issuer is asked to wait for news: never so long that the list becomes stale. */
  const nextWait = () =>
    gone || failures > 0 || etag === undefined
      ? 0
      : Math.max(0, Math.min(maxWaitSeconds, Math.floor(halfLife - age())));

  /** Fetches the list once. Resolves to the milliseconds until the next fetch. */
  const look = async (): Promise<number> => {
    const wait = nextWait();
    const startedAt = performance.now();
    const response = await http.get(uri, {
      headers: {
        accept: 'application/statuslist+jwt',
        // When a newly signed list is due, the condition is left out: a 304 proves nothing.
        ...(wait > 0 && { 'if-none-match': etag, prefer: `wait=${wait}` }),
      },
      timeoutMs: patienceMs() + wait * 1000,
      // Incompressible bytes in base64 twice (`lst` inside the payload), and the rest of a JWT.
      maxBytes: Math.ceil(maxListBytes * 1.8) + 16_384,
    });
    if (response.status === 404 || response.status === 410) return vanish();
    if (response.status === 200) await take(response);
    else if (response.status !== 304 || wait === 0) throw new Error(`answered ${response.status}`);
    gone = false;
    failures = 0;
    const waited = /\bwait\b/.test(response.headers.get('preference-applied') ?? '');
    if (wait > 0 ? waited : nextWait() > 0) {
      return Math.max(pollPauseMs, gapMs - (performance.now() - startedAt));
    }
    return Math.max(gapMs, Math.min((held?.ttl ?? 1) * 1000, maxStalenessMs / 4));
  };

  const take = async (response: IssuerResponse) => {
    const next = await readStatusList(response.body, {
      uri,
      issuer,
      keyOf: async ({ kid, alg }) =>
        (keys.find(kid, alg) ?? (await keys.lookup(kid, alg, 'list'))).key,
      now: clock.now() / 1000,
      tolerance: clockTolerance,
      maxBytes: maxListBytes,
    });
    // A list signed with a key that was withdrawn must not outrank, by its `iat`, lists signed with current
    // keys.
    const rival = held && keys.isPublished(held.kid) ? held : undefined;
    const newest = newerOf(rival, next);
    // Another node of the issuer may be slightly behind: neither an error nor news.
    if (!newest || stopped) return;
    held = newest;
    etag = response.headers.get('etag') ?? undefined;
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
    // Far in the future: the system time was set back, so the age means nothing.
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
      report.setBlind('status_list', uri, !gone && !isFresh(now), held?.iat ?? 0);
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
