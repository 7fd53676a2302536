/**
 * What is known about the age of the key set: when it was fetched, and which set the status lists say is
 * published. Times are milliseconds since the epoch. It stores hashes, not keys.
 */

export type KeyFreshness = {
  /** The set with this hash was requested at `askedAt` and is held from now on. */
  held(hash: string, askedAt: number): void;
  /** A status list that is complete up to `iat` names the published set. */
  named(hash: string, iat: number, now: number): void;
  /** The newest list names a set other than the held one. */
  isContradicted(): boolean;
  /** An earlier set that came from a cache again, while the held one is the published one. */
  isOutdated(hash: string, now: number): boolean;
  /** Whether the set may lack changes older than is tolerated. `refreshMs`: how often it is fetched. */
  isStale(now: number, refreshMs: number): boolean;
  /** Until when the held set was certainly the published one; 0 if none is held. */
  confirmedAt(): number;
};

const maxSuperseded = 20;

export function createKeyFreshness(maxStalenessMs: number): KeyFreshness {
  let current: string | undefined;
  /** Earlier sets, newest first. */
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
      // Lists from several nodes arrive in any order.
      if (published && iat < published.iat) return;
      published = { hash, iat };
      compare(now);
    },
    isContradicted: () => contradictedSince !== undefined,
    isOutdated(hash, now) {
      // A set that was never held is accepted: the list that names it may be signed with one of its keys.
      const isConfirmed =
        published?.hash === current && now - (published?.iat ?? 0) < maxStalenessMs;
      return hash !== current && superseded.includes(hash) && isConfirmed;
    },
    isStale(now, refreshMs) {
      if (contradictedSince !== undefined && now - contradictedSince > maxStalenessMs) return true;
      // Also when the system time was set back a lot: then the age is unknown.
      return Math.abs(now - confirmedAt) > refreshMs + maxStalenessMs;
    },
    confirmedAt: () => confirmedAt,
  };
}
