/**
 * The issuer's keys, kept fresh: periodically in the background, immediately when a status list names a
 * different key set, and occasionally because of an unknown key id. Looking up a known key never waits. It
 * verifies nothing itself.
 */
import { Refusal } from '../errors.ts';
import type { VerifierSettings } from '../options.ts';
import type { Reporter } from '../reporter.ts';
import type { IssuerHttp } from '../requests/issuer_requests.ts';
import { backoff, later, settledWithin } from '../timing.ts';
import { createKeyFreshness } from './key_freshness.ts';
import type { KeySet, PublishedKey } from './key_set.ts';
import { createKeySetFetcher } from './key_set_fetcher.ts';

export type IssuerKeys = {
  /** The published key for exactly this algorithm. Never waits. */
  find(kid: string | undefined, alg: string | undefined): PublishedKey | undefined;
  isPublished(kid: string | undefined): boolean;
  /**
   * For a key that `find` does not know. Asks the issuer at most once per cooldown. For the issuer's own status
   * lists, which nobody else can send, it waits until the cooldown is over. Throws Refusal.
   */
  lookup(
    kid: string | undefined,
    alg: string | undefined,
    of: 'token' | 'list',
  ): Promise<PublishedKey>;
  /** A status list that is complete up to `iat` (seconds) names the published key set. */
  named(hash: string, iat: number): void;
  /** Whether the key set may lack a change older than `max_staleness`. */
  isStale(now: number): boolean;
  /** The request under way, if it is likely to succeed. */
  attempt(): Promise<void> | undefined;
  /** Reports when the keys become stale or fresh again. */
  watch(now: number): void;
  /** Settles when the first attempt is over. */
  started: Promise<void>;
  close(): void;
};

/**
 * For unknown keys: somebody who sends many made-up key ids causes no more requests than this. Only such
 * requests count, so that another recent request does not hide a key that has signed since.
 */
const strangerCooldownMs = 1000;
/** For status lists that name another key set, or are signed with an unknown key. */
const namedCooldownMs = 1000;
const refreshBounds = { least: 5000, most: 300_000 };

export function createIssuerKeys({
  settings,
  http,
  report,
}: {
  settings: VerifierSettings;
  http: IssuerHttp;
  report: Reporter;
}): IssuerKeys {
  const { clock, maxStalenessMs, timeoutMs, issuer } = settings;
  const source = `${issuer}/.well-known/openid-configuration`;
  const fetchKeys = createKeySetFetcher({ settings, http });
  const freshness = createKeyFreshness(maxStalenessMs);
  let held: KeySet | undefined;
  let etag: string | undefined;
  let refreshMs = refreshBounds.most;
  let failures = 0;
  /** On the monotonic clock: cooldowns survive changes to the system time. */
  let startedAt = Number.NEGATIVE_INFINITY;
  let strangerAskedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const load = async () => {
    const askedAt = clock.now();
    report.counters.keys_fetches_total += 1;
    const fetched = await fetchKeys(etag, freshness.isContradicted());
    const next = fetched?.set ?? held;
    if (!next) return;
    if (freshness.isOutdated(next.hash, clock.now())) throw new Error('an outdated key set');
    freshness.held(next.hash, askedAt);
    if (!fetched) return;
    etag = fetched.etag;
    const { least, most } = refreshBounds;
    refreshMs = Math.min(most, Math.max(least, fetched.maxAgeMs ?? most));
    const before = held?.keys ?? new Map<string, PublishedKey>();
    const added = [...next.keys.keys()].filter((kid) => !before.has(kid));
    const removed = [...before.keys()].filter((kid) => !next.keys.has(kid));
    held = next;
    if (added.length + removed.length > 0) report.event({ type: 'keys_changed', added, removed });
  };

  /** One request at a time; undefined while the cooldown lasts. */
  const refresh = (cooldownMs: number): Promise<void> | undefined => {
    if (running) return running;
    if (closed || performance.now() - startedAt < cooldownMs) return undefined;
    startedAt = performance.now();
    clearTimeout(timer);
    running = load()
      .then(
        () => {
          failures = 0;
        },
        (failure: unknown) => {
          failures += 1;
          if (!closed)
            report.event({ type: 'fetch_failed', uri: source, reason: failureReason(failure) });
        },
      )
      .finally(() => {
        running = undefined;
        schedule();
      });
    return running;
  };

  /** Callers during a request share it. */
  const askForStranger = (): Promise<void> | undefined => {
    if (running) return running;
    if (performance.now() - strangerAskedAt < strangerCooldownMs) return undefined;
    strangerAskedAt = performance.now();
    return refresh(0);
  };

  /** A request under way may have been answered before the key was published. */
  const lookFor = (kid: string | undefined, alg: string | undefined) =>
    running
      ? running.then(() => (find(kid, alg) ? undefined : askForStranger()))
      : askForStranger();

  /** Waits for the cooldown as well. */
  const refreshSoon = async () => {
    const restMs = startedAt + namedCooldownMs - performance.now();
    if (!running && restMs > 0) await new Promise<void>((resolve) => later(restMs, resolve));
    await refresh(namedCooldownMs);
  };

  const schedule = () => {
    clearTimeout(timer);
    if (closed) return;
    const soon = freshness.isContradicted() ? namedCooldownMs : refreshMs;
    const delay = failures > 0 ? Math.min(soon, backoff(failures, 250, 5000)) : soon;
    timer = later(delay, () => void refresh(0));
  };

  const find: IssuerKeys['find'] = (kid, alg) => {
    const key = kid === undefined ? undefined : held?.keys.get(kid);
    return key && key.alg === alg ? key : undefined;
  };

  const isStale = (now: number) => freshness.isStale(now, refreshMs);

  return {
    find,
    isPublished: (kid) => kid !== undefined && held?.keys.has(kid) === true,
    async lookup(kid, alg, of) {
      // Without any keys, waiting for the attempt under way is worth it; later the cooldown applies.
      const attempt = !held ? running : of === 'list' ? refreshSoon() : lookFor(kid, alg);
      if (attempt) await settledWithin(attempt, 3 * timeoutMs);
      if (closed) throw new Refusal('closed');
      const key = find(kid, alg);
      if (key) return key;
      throw new Refusal(held && failures === 0 ? 'unknown_key' : 'keys_unavailable');
    },
    named(hash, iat) {
      freshness.named(hash, iat * 1000, clock.now());
      if (!freshness.isContradicted() || running) return;
      clearTimeout(timer);
      if (!refresh(namedCooldownMs)) {
        timer = later(startedAt + namedCooldownMs - performance.now(), () => void refresh(0));
      }
    },
    isStale,
    attempt: () => (failures < 2 ? running : undefined),
    watch(now) {
      if (!held && failures === 0) return;
      const knownUntil = Math.floor(freshness.confirmedAt() / 1000);
      report.setBlind('keys', source, !held || isStale(now), knownUntil);
    },
    started: refresh(0) ?? Promise.resolve(),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function failureReason(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'unknown';
}
