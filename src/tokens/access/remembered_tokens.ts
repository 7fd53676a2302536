/**
 * JWT access tokens that were read recently, so that one that comes with many requests is not verified and looked up
 * for each. It is remembered until a marker that can end it appears, until it or its grant expires, and for a minute at
 * most (caching/marker_watch.ts). So a verdict is never older than the request, and what is revoked of others costs
 * nothing. Refusals are not remembered.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import type { MarkerWatch, Remembered } from '../../caching/marker_watch.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import { revokingKeysOf } from '../revocation/revocations.ts';
import {
  type AccessTokenReader,
  looksLikeJwt,
  type ReadAccessToken,
} from './access_token_reader.ts';

type Kept = Remembered & { read: ReadAccessToken; bytes: number };

const mostTokens = 10_000;
/** Of all of them, as JSON: some three times that in memory. */
const mostBytes = 8 * 1024 * 1024;

export function createRememberedTokens({
  reader,
  watch,
  clock,
}: {
  reader: AccessTokenReader;
  watch: MarkerWatch;
  clock: Clock;
}): AccessTokenReader {
  /** By hash: memory holds no bearer value for longer than a request. */
  const kept = createLruCache<Kept>(mostTokens, { bytes: mostBytes, sizeOf: ({ bytes }) => bytes });

  const isAlive = ({ claims, grant }: ReadAccessToken) =>
    claims.exp > epochSeconds(clock) && (!grant || grant.expiresAt > clock.now());

  return {
    explain: reader.explain,

    async read(token, caughtUp) {
      if (!looksLikeJwt(token)) return undefined;
      const asOf = caughtUp ?? (await watch.catchUp());
      const name = sha256(token);
      const known = kept.get(name);
      if (known && watch.isCurrent(known) && isAlive(known.read)) return known.read;
      const loadedAt = clock.now();
      const read = await reader.read(token);
      if (read) {
        const names = revokingKeysOf(read.links);
        const bytes = JSON.stringify([read, names]).length;
        kept.set(name, { asOf, loadedAt, names, read, bytes });
      } else kept.delete(name);
      return read;
    },
  };
}
