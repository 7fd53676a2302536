/**
 * Uses of API keys: which need Cardea's word, which an answer of a moment ago covers, and how those are
 * counted all the same. An answer covers as many uses as the limit can bear (about 1 % of it, fewer when
 * little is left); they are told with the next question, or soon if there is none. Cardea counts what it is
 * told, so what one process can let through beyond a limit is what it has not told yet; and what Cardea does
 * not take, because the limit is reached, is told again before anything else.
 *
 * Keys are known by their hash. The key itself is kept only while uses of it are still to be told.
 */
import { sha256 } from '../issuer_keys/key_set.ts';
import type { ApiKeySettings, Settings } from '../options.ts';
import type { Report } from '../report.ts';
import { type ApiKeyQuestions, KeysUnavailable, mostAbout } from './questions.ts';
import type { InvalidKey, KeyAnswer, RateLimit } from './response.ts';

export type Used = {
  answer: KeyAnswer;
  /** As they stand with this use. */
  rateLimit: RateLimit | null;
  quota: RateLimit | null;
  /** Cardea was out of reach; the answer is its last one. */
  isBlind: boolean;
};

export type ApiKeyUses = {
  /** Rejects with KeysUnavailable. `address`: of who uses the key, empty when unknown. */
  use(key: string, address: string): Promise<Used>;
  /** Tells what nobody asked about again, and forgets what is old. */
  tend(): void;
  /** Keys that are remembered. */
  size(): number;
  /** Tells all that is left. Never rejects. */
  finish(): Promise<void>;
};

type Known = { answer: KeyAnswer; askedAt: number };
type Waiter = {
  address: string;
  resolve: (used: Used) => void;
  reject: (failure: unknown) => void;
};
type Holder = {
  /** The last answers, by address. */
  known: Map<string, Known>;
  /** The newest of all. */
  latest: Known | undefined;
  /** Addresses of uses that were let through, and are still to be told. */
  owed: string[];
  /** Uses that are being told. */
  telling: number;
  /** Refusals that are still to be told, by their reasons. */
  refused: Map<string, number>;
  waiting: Waiter[];
  /** While there is something to ask or to tell. */
  key: string | undefined;
  isAsking: boolean;
  usedAt: number;
};

const addressesPerKey = 32;
/** Uses that can be owed while Cardea is out of reach. */
const mostOwed = 1000;
/** What cannot be told for so long, with nobody using the key, is given up. */
const giveUpMs = 600_000;
/** How many of the oldest are looked at when one must go. */
const mostLooks = 100;

export function createApiKeyUses({
  settings: { acceptsBlind, clock, maxStalenessMs },
  keySettings: { cacheMs, maxKeys },
  questions,
  report,
}: {
  settings: Settings;
  keySettings: ApiKeySettings;
  questions: ApiKeyQuestions;
  report: Report;
}): ApiKeyUses {
  /** The one that was used last is the last. */
  const holders = new Map<string, Holder>();
  const indebted = new Set<Holder>();
  const keepMs = Math.max(cacheMs, acceptsBlind ? maxStalenessMs : 0);

  const hasToTell = ({ owed, refused }: Holder) => owed.length > 0 || refused.size > 0;
  const isBusy = (holder: Holder) => holder.isAsking || hasToTell(holder);

  const makeRoom = () => {
    if (holders.size < maxKeys) return;
    let looks = 0;
    for (const [hash, holder] of holders) {
      if (!isBusy(holder)) {
        holders.delete(hash);
        return;
      }
      looks += 1;
      if (looks >= mostLooks) break;
    }
    throw new KeysUnavailable('too many keys at once', false);
  };

  const holderOf = (hash: string): Holder => {
    const found = holders.get(hash);
    if (!found) makeRoom();
    const holder = found ?? {
      ...{ known: new Map<string, Known>(), latest: undefined, owed: [], telling: 0 },
      refused: new Map<string, number>(),
      ...{ waiting: [], key: undefined, isAsking: false, usedAt: 0 },
    };
    holders.delete(hash);
    holders.set(hash, holder);
    holder.usedAt = performance.now();
    return holder;
  };

  const debtOf = ({ owed, telling }: Holder) => owed.length + telling;

  const owe = (holder: Holder, key: string, address: string) => {
    holder.owed.push(address);
    holder.key = key;
    indebted.add(holder);
  };

  const used = (holder: Holder, { answer, askedAt }: Known, isBlind: boolean): Used => {
    const seconds = Math.floor((performance.now() - askedAt) / 1000);
    const now = (told: RateLimit | null) =>
      told && {
        ...told,
        remaining: Math.max(0, told.remaining - debtOf(holder)),
        reset: Math.max(1, told.reset - seconds),
      };
    return {
      ...asTold(answer),
      rateLimit: now(answer.rateLimit),
      quota: now(quotaOf(answer)),
      isBlind,
    };
  };

  /** Of a key that there is: nothing is counted of others. */
  const noteRefusal = (holder: Holder, key: string, { reason }: InvalidKey) => {
    if (!questions.takesReports() || reason === 'unknown' || reason === 'malformed') return;
    holder.refused.set(reason, (holder.refused.get(reason) ?? 0) + 1);
    holder.key = key;
    indebted.add(holder);
  };

  const isOver = ({ answer }: Known) =>
    answer.valid && answer.expiresAt !== null && Date.parse(answer.expiresAt) <= clock.now();

  /** The answer of a moment ago, if it covers one use more. */
  const remembered = (holder: Holder, key: string, address: string): Used | undefined => {
    const known = holder.known.get(address);
    if (!known || performance.now() - known.askedAt >= cacheMs || isOver(known)) return undefined;
    if (known.answer.valid) {
      if (debtOf(holder) >= allowance(holder.latest, mostAbout(key))) return undefined;
      owe(holder, key, address);
    } else noteRefusal(holder, key, known.answer);
    report.counters.api_key_cache_hits_total += 1;
    return used(holder, known, false);
  };

  /** What was valid a moment ago, within what was left of its limit, where the user chose so. */
  const blindly = (holder: Holder, key: string, address: string): Used | undefined => {
    const known = holder.known.get(address);
    const isKnown = acceptsBlind && known?.answer.valid && holder.latest?.answer.valid;
    if (!isKnown || performance.now() - known.askedAt > maxStalenessMs || isOver(known)) {
      return undefined;
    }
    const left = leastLeft(holder.latest);
    if (left !== undefined && debtOf(holder) >= Math.min(left, mostOwed)) return undefined;
    if (debtOf(holder) < mostOwed) owe(holder, key, address);
    return used(holder, known, true);
  };

  const learn = (holder: Holder, address: string, known: Known) => {
    // What is said of an address says nothing of the key.
    if (known.answer.valid || known.answer.reason !== 'ip_not_allowed') holder.latest = known;
    holder.known.delete(address);
    holder.known.set(address, known);
    const [oldest] = holder.known.keys();
    if (holder.known.size > addressesPerKey && oldest !== undefined) holder.known.delete(oldest);
  };

  /** One request: first what is owed, then who waits; refusals go along. */
  const askOnce = async (holder: Holder, key: string) => {
    const { refused } = holder;
    const isReport = refused.size > 0;
    const most = Math.max(1, mostAbout(key) - Number(isReport));
    const told = holder.owed.splice(0, most);
    const waiters = holder.waiting.splice(0, most - told.length);
    const addresses = [...told, ...waiters.map(({ address }) => address)];
    holder.telling = told.length;
    holder.refused = new Map();
    try {
      const { answers, askedAt } = await questions.ask([
        ...told.map((address) => ({ key, address, isTold: true as const })),
        ...waiters.map(({ address }) => ({ key, address })),
        ...(isReport ? [{ key, address: '', refused: Object.fromEntries(refused) }] : []),
      ]);
      holder.telling = 0;
      let untaken: KeyAnswer | undefined;
      for (const [at, address] of addresses.entries()) {
        const answer = answers[at];
        if (!answer) break;
        learn(holder, address, { answer, askedAt });
        if (at >= told.length) {
          waiters[at - told.length]?.resolve(asTold(answer));
        } else if (!answer.valid && answer.reason === 'rate_limited') {
          holder.owed.push(address);
          untaken = answer;
        }
      }
      // Nobody goes before what is owed.
      if (untaken) for (const { resolve } of holder.waiting.splice(0)) resolve(asTold(untaken));
    } catch (failure) {
      holder.telling = 0;
      holder.owed.unshift(...told);
      for (const [reason, count] of refused) {
        holder.refused.set(reason, (holder.refused.get(reason) ?? 0) + count);
      }
      const isOutage = failure instanceof KeysUnavailable && failure.isOutage;
      // Also who came meanwhile, and would wait as long again.
      for (const { address, resolve, reject } of [...waiters, ...holder.waiting.splice(0)]) {
        const accepted = isOutage ? blindly(holder, key, address) : undefined;
        if (accepted) resolve(accepted);
        else reject(failure);
      }
    }
  };

  /** One request at a time for each key. */
  const ask = async (holder: Holder, key: string) => {
    if (holder.isAsking) return;
    holder.isAsking = true;
    holder.key = key;
    // Those of the same turn go along.
    await undefined;
    do {
      await askOnce(holder, key);
      // Who came meanwhile may be covered by the answer.
      holder.waiting = holder.waiting.filter(({ address, resolve }) => {
        const covered = remembered(holder, key, address);
        if (covered) resolve(covered);
        return !covered;
      });
    } while (holder.waiting.length > 0);
    holder.isAsking = false;
    settle(holder);
  };

  const settle = (holder: Holder) => {
    if (isBusy(holder)) return;
    holder.key = undefined;
    indebted.delete(holder);
  };

  const tell = async (holder: Holder) => {
    if (holder.key !== undefined && hasToTell(holder)) await ask(holder, holder.key);
  };

  return {
    async use(key, address) {
      const holder = holderOf(sha256(key));
      const covered = remembered(holder, key, address);
      if (covered) return covered;
      return new Promise((resolve, reject) => {
        holder.waiting.push({ address, resolve, reject });
        void ask(holder, key);
      });
    },
    tend() {
      const now = performance.now();
      for (const holder of indebted) {
        if (now - holder.usedAt > giveUpMs) {
          holder.owed = [];
          holder.refused.clear();
          settle(holder);
        } else if (!questions.isDown() && now - (holder.latest?.askedAt ?? 0) >= cacheMs) {
          void tell(holder);
        }
      }
      for (const [hash, holder] of holders) {
        if (now - holder.usedAt <= keepMs) break;
        if (!isBusy(holder)) holders.delete(hash);
      }
    },
    size: () => holders.size,
    async finish() {
      await Promise.all([...indebted].map(tell));
    },
  };
}

function asTold(answer: KeyAnswer): Used {
  return { answer, rateLimit: answer.rateLimit, quota: quotaOf(answer), isBlind: false };
}

function quotaOf(answer: KeyAnswer): RateLimit | null {
  return answer.valid ? answer.quota : null;
}

/** Parts of what is left that one process may let through before it tells. */
const partsOfRest = 16;

/** How many uses an answer covers beside the one that it was given for. */
function allowance(latest: Known | undefined, mostAtOnce: number): number {
  if (!latest?.answer.valid) return 0;
  const { rateLimit, quota } = latest.answer;
  const bounds = [rateLimit, quota].map((state) =>
    state
      ? Math.min(Math.ceil(state.limit / 100), Math.floor(state.remaining / partsOfRest))
      : mostAtOnce,
  );
  // One more would not fit into one request with the use that asks.
  return Math.min(...bounds, mostAtOnce - 1);
}

/** Undefined: no limit. */
function leastLeft(latest: Known | undefined): number | undefined {
  if (!latest?.answer.valid) return 0;
  const { rateLimit, quota } = latest.answer;
  const left = [rateLimit, quota].flatMap((state) => (state ? [state.remaining] : []));
  return left.length > 0 ? Math.min(...left) : undefined;
}
