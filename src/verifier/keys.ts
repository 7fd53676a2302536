/**
 * The issuer's keys, kept fresh: in the background by their age, at once when a status list names another
 * key set than the one at hand, and, rarely, because of a key that is not known. Who verifies finds a key
 * without waiting. It verifies nothing itself.
 */
import { Refusal } from './errors.ts';
import type { Http } from './http.ts';
import { type KeySet, type PublishedKey, readKeySet } from './key_set.ts';
import { type IssuerMetadata, readIssuerMetadata } from './metadata.ts';
import type { Settings } from './options.ts';
import type { Report } from './report.ts';
import { backoff, later, settledWithin } from './timing.ts';

export type Keys = {
  /** The published key, of exactly this algorithm. Never waits. */
  find(kid: string | undefined, alg: string | undefined): PublishedKey | undefined;
  isPublished(kid: string | undefined): boolean;
  /**
   * For a key that `find` does not know. Asks the issuer at most once per cooldown, which is shorter for the
   * issuer's own status lists: those nobody else can send. Throws Refusal.
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

/** For keys that are not known: who streams foreign key ids causes no more requests than this. */
const strangerCooldownMs = 5000;
/** When a status list says that the key set changed, or is signed with a key that is not in it. */
const namedCooldownMs = 1000;
/** Not older than this when keys are fetched: a new algorithm is met with the new key. */
const metadataFreshMs = 60_000;
const maxBytes = 262_144;
const maxSuperseded = 20;
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
  /** `readAt` and `startedAt` are of the monotonic clock: cooldowns survive a change of the time of day. */
  let metadata: { value: IssuerMetadata; readAt: number } | undefined;
  let held: KeySet | undefined;
  let etag: string | undefined;
  /** Hashes of the sets that were held before, the latest first. */
  let superseded: string[] = [];
  let named: { hash: string; iat: number } | undefined;
  /** Since when the newest list names another key set than the held one. */
  let contradictedSince: number | undefined;
  /** Until when the held set is certainly the published one. */
  let confirmedAt = 0;
  let refreshMs = refreshBounds.most;
  let failures = 0;
  let startedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const readMetadata = async () => {
    const value = await readIssuerMetadata(http, settings);
    metadata = { value, readAt: performance.now() };
    return value;
  };

  const currentMetadata = async () => {
    if (metadata && performance.now() - metadata.readAt < metadataFreshMs) return metadata.value;
    return readMetadata().catch((failure) => {
      if (metadata) return metadata.value;
      throw failure;
    });
  };

  const load = async () => {
    const { jwksUri, algorithms } = await currentMetadata();
    const askedAt = clock.now();
    report.counters.keys_fetches_total += 1;
    const answer = await http.get(jwksUri, {
      headers: {
        accept: 'application/jwk-set+json, application/json',
        // Caches on the way may hold what the list says is outdated.
        ...(contradictedSince !== undefined && { 'cache-control': 'no-cache' }),
        ...(etag !== undefined && { 'if-none-match': etag }),
      },
      timeoutMs,
      maxBytes,
    });
    if (answer.status === 304 && held) {
      confirmedAt = askedAt;
      return;
    }
    if (answer.status !== 200) throw new Error(`the key set answered ${answer.status}`);
    let next = await readKeySet(answer.body, algorithms);
    if (next.hasOthers && metadata && metadata.readAt < startedAt) {
      next = await readKeySet(answer.body, (await readMetadata()).algorithms);
    }
    // An outdated copy from a cache may not bring a key back. A set that was never seen is another matter:
    // the list that names it may be signed with one of its keys.
    if (superseded.includes(next.hash) && isNamed(held) && !isNamed(next)) {
      throw new Error('an outdated key set');
    }
    adopt(next, answer.headers, askedAt);
  };

  const isNamed = (keys: KeySet | undefined) =>
    keys !== undefined &&
    named !== undefined &&
    named.hash === keys.hash &&
    clock.now() - named.iat * 1000 < maxStalenessMs;

  const adopt = (next: KeySet, headers: Headers, askedAt: number) => {
    const before = held?.keys ?? new Map<string, PublishedKey>();
    const added = [...next.keys.keys()].filter((kid) => !before.has(kid));
    const removed = [...before.keys()].filter((kid) => !next.keys.has(kid));
    if (held && held.hash !== next.hash) {
      superseded = [held.hash, ...superseded].slice(0, maxSuperseded);
    }
    held = next;
    etag = headers.get('etag') ?? undefined;
    confirmedAt = askedAt;
    const maxAge = /(?:^|[\s,])max-age=(\d{1,8})/.exec(headers.get('cache-control') ?? '')?.[1];
    const { least, most } = refreshBounds;
    refreshMs = maxAge === undefined ? most : Math.min(most, Math.max(least, 1000 * +maxAge));
    if (named) compare(named);
    if (added.length + removed.length > 0) report.event({ type: 'keys_changed', added, removed });
  };

  const compare = ({ hash, iat }: { hash: string; iat: number }) => {
    if (held?.hash === hash) {
      contradictedSince = undefined;
      confirmedAt = Math.max(confirmedAt, iat * 1000);
    } else {
      contradictedSince ??= clock.now();
    }
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

  /** Waits for the cooldown to be over, too. */
  const refreshSoon = async () => {
    const restMs = startedAt + namedCooldownMs - performance.now();
    if (!running && restMs > 0) await new Promise<void>((resolve) => later(restMs, resolve));
    await refresh(namedCooldownMs);
  };

  const schedule = () => {
    clearTimeout(timer);
    if (closed) return;
    const soon = contradictedSince === undefined ? refreshMs : namedCooldownMs;
    const delay = failures > 0 ? Math.min(soon, backoff(failures, 250, 5000)) : soon;
    timer = later(delay, () => void refresh(0));
  };

  const find: Keys['find'] = (kid, alg) => {
    const key = kid === undefined ? undefined : held?.keys.get(kid);
    return key && key.alg === alg ? key : undefined;
  };

  const isStale = (now: number) => {
    if (contradictedSince !== undefined && now - contradictedSince > maxStalenessMs) return true;
    // Also when the time of day was set back by much: then nothing can be said about age.
    return Math.abs(now - confirmedAt) > refreshMs + maxStalenessMs;
  };

  return {
    find,
    isPublished: (kid) => kid !== undefined && held?.keys.has(kid) === true,
    async lookup(kid, alg, of) {
      // The first keys are worth a wait for an attempt that is under way; afterwards the cooldown rules.
      const attempt = !held ? running : of === 'list' ? refreshSoon() : refresh(strangerCooldownMs);
      if (attempt) await settledWithin(attempt, 3 * timeoutMs);
      if (closed) throw new Refusal('closed');
      const key = find(kid, alg);
      if (key) return key;
      throw new Refusal(held && failures === 0 ? 'unknown_key' : 'keys_unavailable');
    },
    named(hash, iat) {
      if (named && iat < named.iat) return;
      named = { hash, iat };
      compare(named);
      if (contradictedSince === undefined || running) return;
      clearTimeout(timer);
      if (!refresh(namedCooldownMs)) {
        timer = later(startedAt + namedCooldownMs - performance.now(), () => void refresh(0));
      }
    },
    isStale,
    attempt: () => (failures < 2 ? running : undefined),
    watch(now) {
      if (!held && failures === 0) return;
      report.sight('keys', source, !held || isStale(now), Math.floor(confirmedAt / 1000));
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
