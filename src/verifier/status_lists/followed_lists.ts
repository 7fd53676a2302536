/**
 * The status lists that tokens point to, limited in number: when there are too many, the least recently used
 * one is dropped, and idle ones are dropped over time.
 */
import { Refusal } from '../errors.ts';
import type { IssuerKeys } from '../issuer_keys/issuer_keys.ts';
import type { VerifierSettings } from '../options.ts';
import type { Reporter } from '../reporter.ts';
import type { IssuerHttp } from '../requests/issuer_requests.ts';
import { settledWithin } from '../timing.ts';
import { createListFollower, type ListFollower } from './list_follower.ts';
import { statusAt } from './status_list.ts';

/**
 * `blind`: the token is not known to be revoked, but what is known is too old, or nothing is known. `beyond`:
 * the index is not in the list.
 */
export type ListVerdict = 'valid' | 'revoked' | 'gone' | 'beyond' | 'blind';

export type FollowedLists = {
  /** Never waits if the list is known and fresh. */
  check(uri: string, index: number): ListVerdict | Promise<ListVerdict>;
  /** Drops idle lists and reports stale ones. */
  tend(now: number): void;
  size(): { lists: number; bytes: number; oldestAge: number };
  close(): void;
};

export function createFollowedLists(dependencies: {
  settings: VerifierSettings;
  http: IssuerHttp;
  keys: IssuerKeys;
  report: Reporter;
}): FollowedLists {
  const { settings, report } = dependencies;
  const { clock, maxLists, idleMs, timeoutMs } = settings;
  const followers = new Map<string, ListFollower>();
  let closed = false;

  const forget = (follower: ListFollower, reason: 'idle' | 'limit') => {
    follower.stop();
    followers.delete(follower.uri);
    report.event({ type: 'list_forgotten', uri: follower.uri, reason });
  };

  const follow = (uri: string): ListFollower => {
    if (closed) throw new Refusal('closed');
    if (followers.size >= maxLists) {
      const [first, ...others] = followers.values();
      const leastUsed = others.reduce(
        (least, other) => (least && least.usedAt <= other.usedAt ? least : other),
        first,
      );
      if (leastUsed) forget(leastUsed, 'limit');
    }
    const follower = createListFollower({ uri, ...dependencies });
    followers.set(uri, follower);
    report.event({ type: 'list_followed', uri });
    return follower;
  };

  const judge = (follower: ListFollower, index: number, now: number): ListVerdict => {
    if (follower.isGone()) return 'gone';
    const list = follower.list();
    const status = list && statusAt(list, index);
    if (status) return 'revoked';
    // Before `beyond`, because a newer list may be longer.
    if (!list || !follower.isFresh(now)) return 'blind';
    return status === undefined ? 'beyond' : 'valid';
  };

  const judgeAfter = async (follower: ListFollower, index: number): Promise<ListVerdict> => {
    // The second round is for an attempt that was cut off, for example when the machine slept.
    for (let look = 0; look < 2; look += 1) {
      const attempt = follower.attempt();
      if (!attempt) break;
      await settledWithin(attempt, timeoutMs);
      const verdict = judge(follower, index, clock.now());
      if (verdict !== 'blind') return verdict;
    }
    return judge(follower, index, clock.now());
  };

  return {
    check(uri, index) {
      const now = clock.now();
      const follower = followers.get(uri) ?? follow(uri);
      follower.usedAt = now;
      const verdict = judge(follower, index, now);
      return verdict === 'blind' && follower.attempt() ? judgeAfter(follower, index) : verdict;
    },
    tend(now) {
      for (const follower of followers.values()) {
        if (now - follower.usedAt > idleMs) forget(follower, 'idle');
        else follower.watch(now);
      }
    },
    size() {
      const lists = [...followers.values()].flatMap((follower) => follower.list() ?? []);
      const oldest = Math.min(clock.now() / 1000, ...lists.map(({ iat }) => iat));
      return {
        lists: followers.size,
        bytes: lists.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
        oldestAge: Math.max(0, clock.now() / 1000 - oldest),
      };
    },
    close() {
      closed = true;
      for (const follower of followers.values()) follower.stop();
      followers.clear();
    },
  };
}
