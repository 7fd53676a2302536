/**
 * What is known about the age of the key set: when it was fetched, and what the status lists say is published.
 * Times are milliseconds since the epoch. Hashes only: it holds no key.
 */

export type KeyFreshness = {
  /** The set with this hash was asked for at `askedAt` and is held from now on. */
  held(hash: string, askedAt: number): void;
  /** A status list, complete until `iat`, names the set that is published. */
  named(hash: string, iat: number, now: number): void;
  /** The newest list names another set than the held one. */
  isContradicted(): boolean;
  /** A set that was held before, come again out of a cache, while the held one is the published one. */
  isOutdated(hash: string, now: number): boolean;
  /** It may lack what happened longer ago than is put up with. `refreshMs`: how often it is fetched. */
  isStale(now: number, refreshMs: number): boolean;
  /** Until when the held set was certainly the published one; 0: none is held. */
  confirmedAt(): number;
};

const maxSuperseded = 20;

export function createKeyFreshness(maxStalenessMs: number): KeyFreshness {
  let current: string | undefined;
  /** Of sets that were held before, the latest first. */
  let superseded: string[] = [];
  let published: { hash: string; iat: number } | undefined;
  let contradictedSince: number | undefined;
  let confirmedAt = 0;

  const compare = (now: number) => {
    if (!published) return;
    if (published.hash !== current) contradictedSince ??= now;
    else {
      contradictedSince = undefined;
      confirmedAt = Math.min(now, Math.max(confirmedAt, published.iat));
    }
  };

  return {
    held(hash, askedAt) {
      if (current !== undefined && current !== hash) {
        superseded = [current, ...superseded].slice(0, maxSuperseded);
      }
      current = hash;
      confirmedAt = askedAt;
      compare(askedAt);
    },
    named(hash, iat, now) {
      // Lists of several nodes come in any order.
      if (published && iat < published.iat) return;
      published = { hash, iat };
      compare(now);
    },
    isContradicted: () => contradictedSince !== undefined,
    isOutdated(hash, now) {
      // A set that was never held is another matter: the list that names it may be signed with its key.
      const isConfirmed =
        published?.hash === current && now - (published?.iat ?? 0) < maxStalenessMs;
      return hash !== current && superseded.includes(hash) && isConfirmed;
    },
    isStale(now, refreshMs) {
      if (contradictedSince !== undefined && now - contradictedSince > maxStalenessMs) return true;
      // Also when the time of day was set back by much: then nothing can be said about age.
      return Math.abs(now - confirmedAt) > refreshMs + maxStalenessMs;
    },
    confirmedAt: () => confirmedAt,
  };
}
