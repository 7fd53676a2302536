/**
 * JWT access tokens that were read not long ago, in memory, so that one that comes with many requests is not verified
 * and looked up for each of them. What is remembered holds until the next revocation, whatever that is about: then it
 * is read anew. So it is never older than the request that asks.
 */
import { createRecent } from '../../caching/lru_cache.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import type { AccessTokenReader, ReadAccessToken } from './access_token_reader.ts';

const keptTokens = 10_000;

/** Without `asOf` it remembers nothing. */
export function createKnownTokens({
  reader,
  clock,
}: {
  reader: AccessTokenReader;
  clock: Clock;
}): AccessTokenReader {
  const kept = createRecent<{ asOf: number; read: ReadAccessToken }>(keptTokens);

  return {
    explain: reader.explain,
    async read(token, asOf) {
      if (asOf === undefined) return reader.read(token);
      const name = sha256(token);
      const known = kept.get(name);
      if (known?.asOf === asOf && known.read.claims.exp > epochSeconds(clock)) return known.read;
      const read = await reader.read(token);
      // A consent can be gone without a revocation.
      if (read && !read.grant) kept.set(name, { asOf, read });
      else kept.delete(name);
      return read;
    },
  };
}
