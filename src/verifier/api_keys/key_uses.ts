/**
 * Uses of API keys: which ones need to ask Cardea, which ones a very recent result covers, and how those are
 * still counted. A result covers as many uses as the limit allows for (about 1 % of it, fewer when little is
 * left). They are reported with the next query, or soon if there is none. Cardea counts what is reported, so
 * one process can exceed a limit only by what it has not reported yet; uses that Cardea does not accept,
 * because the limit is reached, are reported again before anything else.
 *
 * Keys are identified by their hash. The key itself is kept only while it has uses to report.
 */

import type { ApiKeySettings, VerifierSettings } from '../options.ts';
import type { Reporter } from '../reporter.ts';
import { sha256 } from '../sha256.ts';
import { type KeyQueries, KeysUnavailable, maxQueriesFor } from './key_queries.ts';
import type { InvalidKey, KeyResult, RateLimit } from './key_results.ts';

export type Used = {
  result: KeyResult;
  /** Including this use. */
  rateLimit: RateLimit | null;
  quota: RateLimit | null;
  /** Cardea could not be reached; this is its last result. */
  isBlind: boolean;
};

export type ApiKeyUses = {
  /** Rejects with KeysUnavailable. `address`: of who uses the key; empty if unknown. */
  use(key: string, address: string): Promise<Used>;
  /** Reports uses that no query has reported, and forgets old entries. */
  tend(): void;
  /** Keys that are remembered. */
  size(): number;
  /** Reports everything that is left. Never rejects. */
  finish(): Promise<void>;
};

type KnownResult = { result: KeyResult; askedAt: number };
type WaitingUse = {
  address: string;
  resolve: (used: Used) => void;
  reject: (failure: unknown) => void;
};
type KeyEntry = {
  /** The latest results, by address. */
  known: Map<string, KnownResult>;
  /** The newest result for any address. */
  latest: KnownResult | undefined;
  /** Addresses of allowed uses that are still to be reported. */
  unreported: string[];
  /** Uses being reported right now. */
  reporting: number;
  /** Refusals that are still to be reported, by reason. */
  refused: Map<string, number>;
  waiting: WaitingUse[];
  /** Set while there is something to ask or report. */
  key: string | undefined;
  isAsking: boolean;
  usedAt: number;
};

const addressesPerKey = 32;
/** Unreported uses allowed while Cardea cannot be reached. */
const maxUnreported = 1000;
/** If reporting fails for this long while nobody uses the key, it is given up. */
const giveUpMs = 600_000;
/** How many of the oldest entries are considered for eviction. */
const maxEvictionLooks = 100;

export function createApiKeyUses({
  settings: { acceptsBlind, clock, maxStalenessMs },
  keySettings: { cacheMs, maxKeys },
  queries,
  report,
}: {
  settings: VerifierSettings;
  keySettings: ApiKeySettings;
  queries: KeyQueries;
  report: Reporter;
}): ApiKeyUses {
  /** In the order of their last use. */
  const entries = new Map<string, KeyEntry>();
  const withReports = new Set<KeyEntry>();
  const keepMs = Math.max(cacheMs, acceptsBlind ? maxStalenessMs : 0);

  const hasReports = ({ unreported, refused }: KeyEntry) =>
    unreported.length > 0 || refused.size > 0;
  const isBusy = (entry: KeyEntry) => entry.isAsking || hasReports(entry);

  const makeRoom = () => {
    if (entries.size < maxKeys) return;
    let looks = 0;
    for (const [hash, entry] of entries) {
      if (!isBusy(entry)) {
        entries.delete(hash);
        return;
      }
      looks += 1;
      if (looks >= maxEvictionLooks) break;
    }
    throw new KeysUnavailable('too many keys at once', false);
  };

  const entryFor = (hash: string): KeyEntry => {
    const found = entries.get(hash);
    if (!found) makeRoom();
    const entry = found ?? {
      ...{ known: new Map<string, KnownResult>(), latest: undefined, unreported: [], reporting: 0 },
      refused: new Map<string, number>(),
      ...{ waiting: [], key: undefined, isAsking: false, usedAt: 0 },
    };
    entries.delete(hash);
    entries.set(hash, entry);
    entry.usedAt = performance.now();
    return entry;
  };

  const unreportedUses = ({ unreported, reporting }: KeyEntry) => unreported.length + reporting;

  const noteUse = (entry: KeyEntry, key: string, address: string) => {
    entry.unreported.push(address);
    entry.key = key;
    withReports.add(entry);
  };

  const used = (entry: KeyEntry, { result, askedAt }: KnownResult, isBlind: boolean): Used => {
    const seconds = Math.floor((performance.now() - askedAt) / 1000);
    const now = (reported: RateLimit | null) =>
      reported && {
        ...reported,
        remaining: Math.max(0, reported.remaining - unreportedUses(entry)),
        reset: Math.max(1, reported.reset - seconds),
      };
    return {
      ...usedWith(result),
      rateLimit: now(result.rateLimit),
      quota: now(quotaOf(result)),
      isBlind,
    };
  };

  /** Only for keys that exist: nothing is counted for others. */
  const noteRefusal = (entry: KeyEntry, key: string, { reason }: InvalidKey) => {
    if (!queries.takesReports() || reason === 'unknown' || reason === 'malformed') return;
    entry.refused.set(reason, (entry.refused.get(reason) ?? 0) + 1);
    entry.key = key;
    withReports.add(entry);
  };

  const hasExpired = ({ result }: KnownResult) =>
    result.valid && result.expiresAt !== null && Date.parse(result.expiresAt) <= clock.now();

  /** The recent result, if it covers one more use. */
  const fromCache = (entry: KeyEntry, key: string, address: string): Used | undefined => {
    const known = entry.known.get(address);
    if (!known || performance.now() - known.askedAt >= cacheMs || hasExpired(known))
      return undefined;
    if (known.result.valid) {
      if (unreportedUses(entry) >= allowance(entry.latest, maxQueriesFor(key))) return undefined;
      noteUse(entry, key, address);
    } else noteRefusal(entry, key, known.result);
    report.counters.api_key_cache_hits_total += 1;
    return used(entry, known, false);
  };

  /** The last valid result within what was left of its limit, if the operator chose to accept while blind. */
  const fromCacheBlind = (entry: KeyEntry, key: string, address: string): Used | undefined => {
    const known = entry.known.get(address);
    const isKnown = acceptsBlind && known?.result.valid && entry.latest?.result.valid;
    if (!isKnown || performance.now() - known.askedAt > maxStalenessMs || hasExpired(known)) {
      return undefined;
    }
    const left = minRemaining(entry.latest);
    if (left !== undefined && unreportedUses(entry) >= Math.min(left, maxUnreported))
      return undefined;
    if (unreportedUses(entry) < maxUnreported) noteUse(entry, key, address);
    return used(entry, known, true);
  };

  const remember = (entry: KeyEntry, address: string, known: KnownResult) => {
    // A refusal because of the address says nothing about the key.
    if (known.result.valid || known.result.reason !== 'ip_not_allowed') entry.latest = known;
    entry.known.delete(address);
    entry.known.set(address, known);
    const [oldest] = entry.known.keys();
    if (entry.known.size > addressesPerKey && oldest !== undefined) entry.known.delete(oldest);
  };

  /** One request: unreported uses first, then waiting callers, with refusals added. */
  const sendRequest = async (entry: KeyEntry, key: string) => {
    const { refused } = entry;
    const isReport = refused.size > 0;
    const most = Math.max(1, maxQueriesFor(key) - Number(isReport));
    const reported = entry.unreported.splice(0, most);
    const waitingUses = entry.waiting.splice(0, most - reported.length);
    const addresses = [...reported, ...waitingUses.map(({ address }) => address)];
    entry.reporting = reported.length;
    entry.refused = new Map();
    try {
      const { results, askedAt } = await queries.ask([
        ...reported.map((address) => ({ key, address, isUsed: true as const })),
        ...waitingUses.map(({ address }) => ({ key, address })),
        ...(isReport ? [{ key, address: '', refused: Object.fromEntries(refused) }] : []),
      ]);
      entry.reporting = 0;
      let notAccepted: KeyResult | undefined;
      for (const [at, address] of addresses.entries()) {
        const result = results[at];
        if (!result) break;
        remember(entry, address, { result, askedAt });
        if (at >= reported.length) {
          waitingUses[at - reported.length]?.resolve(usedWith(result));
        } else if (!result.valid && result.reason === 'rate_limited') {
          entry.unreported.push(address);
          notAccepted = result;
        }
      }
      // Nobody may overtake uses that are still unreported.
      if (notAccepted)
        for (const { resolve } of entry.waiting.splice(0)) resolve(usedWith(notAccepted));
    } catch (failure) {
      entry.reporting = 0;
      entry.unreported.unshift(...reported);
      for (const [reason, count] of refused) {
        entry.refused.set(reason, (entry.refused.get(reason) ?? 0) + count);
      }
      const isOutage = failure instanceof KeysUnavailable && failure.isOutage;
      // Including those who came in the meantime, who would wait as long again.
      for (const { address, resolve, reject } of [...waitingUses, ...entry.waiting.splice(0)]) {
        const accepted = isOutage ? fromCacheBlind(entry, key, address) : undefined;
        if (accepted) resolve(accepted);
        else reject(failure);
      }
    }
  };

  /** One request at a time per key. */
  const ask = async (entry: KeyEntry, key: string) => {
    if (entry.isAsking) return;
    entry.isAsking = true;
    entry.key = key;
    // Callers in the same turn of the event loop join this request.
    await undefined;
    do {
      await sendRequest(entry, key);
      // The result may cover callers who came in the meantime.
      entry.waiting = entry.waiting.filter(({ address, resolve }) => {
        const covered = fromCache(entry, key, address);
        if (covered) resolve(covered);
        return !covered;
      });
    } while (entry.waiting.length > 0);
    entry.isAsking = false;
    settle(entry);
  };

  const settle = (entry: KeyEntry) => {
    if (isBusy(entry)) return;
    entry.key = undefined;
    withReports.delete(entry);
  };

  const flushReports = async (entry: KeyEntry) => {
    if (entry.key !== undefined && hasReports(entry)) await ask(entry, entry.key);
  };

  return {
    async use(key, address) {
      const entry = entryFor(sha256(key));
      const covered = fromCache(entry, key, address);
      if (covered) return covered;
      return new Promise((resolve, reject) => {
        entry.waiting.push({ address, resolve, reject });
        void ask(entry, key);
      });
    },
    tend() {
      const now = performance.now();
      for (const entry of withReports) {
        if (now - entry.usedAt > giveUpMs) {
          entry.unreported = [];
          entry.refused.clear();
          settle(entry);
        } else if (!queries.isDown() && now - (entry.latest?.askedAt ?? 0) >= cacheMs) {
          void flushReports(entry);
        }
      }
      for (const [hash, entry] of entries) {
        if (now - entry.usedAt <= keepMs) break;
        if (!isBusy(entry)) entries.delete(hash);
      }
    },
    size: () => entries.size,
    async finish() {
      await Promise.all([...withReports].map(flushReports));
    },
  };
}

function usedWith(result: KeyResult): Used {
  return { result, rateLimit: result.rateLimit, quota: quotaOf(result), isBlind: false };
}

function quotaOf(result: KeyResult): RateLimit | null {
  return result.valid ? result.quota : null;
}

/** One process may allow one in this many of the remaining uses before it reports. */
const remainderParts = 16;

/** How many uses a result covers beside the one that asked. */
function allowance(latest: KnownResult | undefined, maxAtOnce: number): number {
  if (!latest?.result.valid) return 0;
  const { rateLimit, quota } = latest.result;
  const bounds = [rateLimit, quota].map((state) =>
    state
      ? Math.min(Math.ceil(state.limit / 100), Math.floor(state.remaining / remainderParts))
      : maxAtOnce,
  );
  // One more would not fit into a request together with the use that asks.
  return Math.min(...bounds, maxAtOnce - 1);
}

/** Undefined: no limit. */
function minRemaining(latest: KnownResult | undefined): number | undefined {
  if (!latest?.result.valid) return 0;
  const { rateLimit, quota } = latest.result;
  const left = [rateLimit, quota].flatMap((state) => (state ? [state.remaining] : []));
  return left.length > 0 ? Math.min(...left) : undefined;
}
