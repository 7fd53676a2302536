/**
 * The issuer's keys, kept fresh: in the background by their age, at once when a status list names another
 * key set than the one at hand, and, rarely, because of a key that is not known. Who verifies finds a key
 * without waiting. It verifies nothing itself.
 */
import { Refusal } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Report } from '../report.ts';
import type { Http } from '../requests/issuer_requests.ts';
import { createKeyFreshness } from './key_freshness.ts';
import type { KeySet, PublishedKey } from './key_set.ts';
import { createKeySource } from './key_source.ts';
import { backoff, later, settledWithin } from './timing.ts';

export type Keys = {
  /** The published key, of exactly this algorithm. Never waits. */
  find(kid: string | undefined, alg: string | undefined): PublishedKey | undefined;
  isPublished(kid: string | undefined): boolean;
  /**
   * For a key that `find` does not know. Asks the issuer at most once per cooldown; for the issuer's own status
   * lists, which nobody else can send, it waits until that is over. Throws Refusal.
   */
  lookup(
    kid: string | undefined,
    alg: string | undefined,
    of: 'token' | 'list',
  ): Promise<PublishedKey>;
  /** A status list, complete until `iat` (seconds), says which key set is published. */
  named(hash: string, iat: number): void;
  /** The key set may lack a revocation that happened longer ago than `max_staleness`. */
  isStale(now: number): boolean;
  /** The attempt under way, where there is hope that it ends well. */
  attempt(): Promise<void> | undefined;
  /** Tells the report when sight was lost or regained. */
  watch(now: number): void;
  /** Settles when the first attempt is over. */
  started: Promise<void>;
  close(): void;
};

/**
 * For keys that are not known: who streams foreign key ids causes no more requests than this. Only such requests
 * count: one that happened to be made a moment ago must not hide a key that has signed since.
 */
const strangerCooldownMs = 1000;
/** When a status list says that the key set changed, or is signed with a key that is not in it. */
const namedCooldownMs = 1000;
const refreshBounds = { least: 5000, most: 300_000 };

export function createKeys({
  settings,
  http,
  report,
}: {
  settings: Settings;
  http: Http;
  report: Report;
}): Keys {
  const { clock, maxStalenessMs, timeoutMs, issuer } = settings;
  const source = `${issuer}/.well-known/openid-configuration`;
  const fetchKeys = createKeySource({ settings, http });
  const freshness = createKeyFreshness(maxStalenessMs);
  let held: KeySet | undefined;
  let etag: string | undefined;
  let refreshMs = refreshBounds.most;
  let failures = 0;
  /** Of the monotonic clock: cooldowns survive a change of the time of day. */
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

  /** One request at a time; undefined: not before the cooldown is over. */
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
            report.event({ type: 'fetch_failed', uri: source, reason: reasonOf(failure) });
        },
      )
      .finally(() => {
        running = undefined;
        schedule();
      });
    return running;
  };

  /** Whoever comes during a request shares it. */
  const askForStranger = (): Promise<void> | undefined => {
    if (running) return running;
    if (performance.now() - strangerAskedAt < strangerCooldownMs) return undefined;
    strangerAskedAt = performance.now();
    return refresh(0);
  };

  /** A request that is under way may have been answered before the key was published. */
  const lookFor = (kid: string | undefined, alg: string | undefined) =>
    running
      ? running.then(() => (find(kid, alg) ? undefined : askForStranger()))
      : askForStranger();

  /** Waits for the cooldown to be over, too. */
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

  const find: Keys['find'] = (kid, alg) => {
    const key = kid === undefined ? undefined : held?.keys.get(kid);
    return key && key.alg === alg ? key : undefined;
  };

  const isStale = (now: number) => freshness.isStale(now, refreshMs);

  return {
    find,
    isPublished: (kid) => kid !== undefined && held?.keys.has(kid) === true,
    async lookup(kid, alg, of) {
      // The first keys are worth a wait for an attempt that is under way; afterwards the cooldown rules.
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
      report.sight('keys', source, !held || isStale(now), knownUntil);
    },
    started: refresh(0) ?? Promise.resolve(),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function reasonOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'unknown';
}
