/**
 * Browsers that an account was used in. A sign-in from another one is told to its person, and so are codes of a second
 * factor that somebody guesses at. Which browsers those are is in their own cookies, signed: the store keeps no list, and
 * nobody waits for any of this.
 */
import type { Context } from 'koa';
import type { Authenticators } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import { lifetimes } from '../definitions/lifetimes.ts';
import { dayMs } from '../definitions/units.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { requestState } from '../http/request_state.ts';
import type { DeviceTokens } from '../rate_limits/room.ts';
import type { UserRecord } from '../storage/users.ts';

/** `key`: what has the same is told once. */
type SuspiciousSignIn = {
  what: 'new_browser' | 'wrong_codes';
  at: number;
  ip: string;
  userAgent: string;
  key: string;
};

/** Tells a person of it, if they can be reached. */
export type TellOfSignIn = (userId: string, about: SuspiciousSignIn) => Promise<void>;

export type KnownBrowsers = {
  /** Somebody has signed in with all that was asked for. Sets a cookie. */
  signedIn(ctx: Context, user: UserRecord): void;
  /** So many codes were wrong that no more are taken for a while. */
  guessed(ctx: Context, userId: string): void;
  /** Resolves when what was begun is done. */
  settled(): Promise<void>;
};

export function createKnownBrowsers({
  cookie,
  devices,
  authenticators,
  tell,
  log,
  clock,
}: {
  cookie: BrowserCookie;
  devices: DeviceTokens;
  authenticators: Pick<Authenticators, 'change'>;
  tell: TellOfSignIn;
  log: { warn(fields: object, message: string): void };
  clock: Clock;
}): KnownBrowsers {
  const begun = new Set<Promise<void>>();

  const inBackground = (work: () => Promise<void>) => {
    const done = work().catch((err) => {
      log.warn({ err }, 'a person could not be told of a suspicious sign-in');
    });
    begun.add(done);
    done.finally(() => begun.delete(done));
  };

  const circumstances = (ctx: Context) => ({
    ...{ at: clock.now(), ip: requestState(ctx).address.ip, userAgent: ctx.get('user-agent') },
  });

  /** Of the first browser that is noted nothing is told: it is new to nobody. */
  const noteFirst = (userId: string) =>
    authenticators.change(userId, undefined, ({ browsersNotedAt }) =>
      browsersNotedAt === undefined ? { browsersNotedAt: clock.now() } : undefined,
    );

  return {
    signedIn(ctx, { id, passwordChangedAt = 0 }) {
      // With a new password all browsers are new: one of them may be the reason for it.
      const account = `${id} ${passwordChangedAt}`;
      const known = cookie.read(ctx);
      cookie.write(ctx, devices.renew(account, known), lifetimes.deviceCookie);
      if (devices.deviceFor(account, known) !== undefined) return;
      const about = { what: 'new_browser', ...circumstances(ctx) } as const;
      const key = `new browser ${id} ${requestState(ctx).requestId}`;
      inBackground(async () => {
        if (!(await noteFirst(id))) await tell(id, { ...about, key });
      });
    },

    guessed(ctx, userId) {
      const about = { what: 'wrong_codes', ...circumstances(ctx) } as const;
      const key = `wrong codes ${userId} ${Math.floor(about.at / dayMs)}`;
      inBackground(() => tell(userId, { ...about, key }));
    },

    async settled() {
      while (begun.size > 0) await Promise.all(begun);
    },
  };
}
