/**
 * The status lists that tokens pointed at, bounded in number: the least used one goes when there are too
 * many, and those that nobody uses any more go by themselves.
 */
import { Refusal } from '../errors.ts';
import type { Keys } from '../issuer_keys/issuer_keys.ts';
import { settledWithin } from '../issuer_keys/timing.ts';
import type { Settings } from '../options.ts';
import type { Report } from '../report.ts';
import type { Http } from '../requests/issuer_requests.ts';
import { createListFollower, type ListFollower } from './list_follower.ts';
import { statusAt } from './status_list.ts';

/** `blind`: nothing says that it was revoked, but what is known is too old to tell, or nothing is. */
export type Verdict = 'valid' | 'revoked' | 'gone' | 'beyond' | 'blind';

export type FollowedLists = {
  /** Never waits once the list is known and fresh. */
  check(uri: string, index: number): Verdict | Promise<Verdict>;
  /** Forgets what is not used, and tells the report what cannot be seen. */
  tend(now: number): void;
  size(): { lists: number; bytes: number; oldestAge: number };
  close(): void;
};

export function createFollowedLists(dependencies: {
  settings: Settings;
  http: Http;
  keys: Keys;
  report: Report;
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

  const judge = (follower: ListFollower, index: number, now: number): Verdict => {
    if (follower.isGone()) return 'gone';
    const list = follower.list();
    const status = list && statusAt(list, index);
    if (status) return 'revoked';
    // Also before `beyond`: a newer list may be longer.
    if (!list || !follower.isFresh(now)) return 'blind';
    return status === undefined ? 'beyond' : 'valid';
  };

  const judgeAfter = async (follower: ListFollower, index: number): Promise<Verdict> => {
    // The second look is for an attempt that was cut, as after the machine slept.
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
