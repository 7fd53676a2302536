/**
 * The tokens handed to the API in place of API keys. One token serves many requests, for half of its lifetime,
 * so that not every request signs one. If something was revoked since, the token is checked before it is used
 * again. The key itself is verified for each request before this.
 */
import type { ValidVerdict } from '../api_keys/room.ts';
import { createLruCache } from '../caching/lru_cache.ts';
import { createSharedWork } from '../caching/shared_work.ts';
import type { Clock } from '../clock.ts';

/** A new JWT access token for a key; `expiresIn` in seconds. */
export type IssueForKey = (verdict: ValidVerdict) => Promise<{ token: string; expiresIn: number }>;

export type KeyTokens = {
  /**
   * `isNew`: issued just now, so the key may have been revoked in the meantime. `asOf`: the number of the last
   * revocation, read since the request arrived. Throws StoreUnavailableError.
   */
  tokenFor(verdict: ValidVerdict, asOf: number): Promise<{ token: string; isNew: boolean }>;
};

/** `asOf`: the revocation as of which it was last known to be alive. */
type CachedToken = { token: string; reuseUntil: number; asOf: number };

const maxCachedTokens = 5000;

export function createKeyTokens({
  issue,
  isAlive,
  clock,
}: {
  issue: IssueForKey;
  isAlive: (token: string, asOf: number) => Promise<boolean>;
  clock: Clock;
}): KeyTokens {
  const cache = createLruCache<CachedToken>(maxCachedTokens);
  const sharedIssuing = createSharedWork<CachedToken>();

  const usable = async (name: string, asOf: number): Promise<CachedToken | undefined> => {
    const entry = cache.get(name);
    if (!entry) return undefined;
    if (entry.reuseUntil <= clock.now()) {
      cache.delete(name);
      return undefined;
    }
    if (asOf !== entry.asOf) {
      if (!(await isAlive(entry.token, asOf))) {
        if (cache.get(name) === entry) cache.delete(name);
        return undefined;
      }
      entry.asOf = asOf;
    }
    return entry;
  };

  const issueAndKeep = async (
    name: string,
    verdict: ValidVerdict,
    asOf: number,
  ): Promise<CachedToken> => {
    const startedAt = clock.now();
    const { token, expiresIn } = await issue(verdict);
    const entry = { token, asOf, reuseUntil: startedAt + (expiresIn * 1000) / 2 };
    cache.set(name, entry);
    return entry;
  };

  return {
    async tokenFor(verdict, asOf) {
      const name = cacheNameOf(verdict);
      const entry = await usable(name, asOf);
      if (entry) return { token: entry.token, isNew: false };
      const issued = await sharedIssuing(name, () => issueAndKeep(name, verdict, asOf));
      return { token: issued.token, isNew: true };
    },
  };
}

/** Everything about the key that a token states: if any of it differs, another token is issued. */
function cacheNameOf({ record, project, scopes, tier }: ValidVerdict): string {
  const { id, version, expiresAt } = record;
  return JSON.stringify([id, version, expiresAt, project?.version, tier, ...scopes]);
}
