/**
 * Caches JWT access tokens that were read recently, so that a token sent with many requests is not verified
 * and looked up for each. Entries are valid until the next revocation of anything. So an entry is never older
 * than the request that uses it.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import type { AccessTokenReader, ReadAccessToken } from './access_token_reader.ts';

const mostCachedTokens = 10_000;

/** Without `asOf` it caches nothing. */
export function createCachedTokenReader({
  reader,
  clock,
}: {
  reader: AccessTokenReader;
  clock: Clock;
}): AccessTokenReader {
  const cache = createLruCache<{ asOf: number; read: ReadAccessToken }>(mostCachedTokens);

  return {
    explain: reader.explain,
    async read(token, asOf) {
      if (asOf === undefined) return reader.read(token);
      const name = sha256(token);
      const known = cache.get(name);
      if (known?.asOf === asOf && known.read.claims.exp > epochSeconds(clock)) return known.read;
      const read = await reader.read(token);
      // A consent can disappear without a revocation.
      if (read && !read.grant) cache.set(name, { asOf, read });
      else cache.delete(name);
      return read;
    },
  };
}
