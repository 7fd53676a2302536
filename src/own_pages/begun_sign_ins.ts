/**
 * What a sign-in remembers between the authorization request and its response. Nothing is stored: `state` carries it,
 * sealed, and the browser has a value from which nonce and PKCE verifier follow. So any number of tabs may sign in at
 * once, on any nodes, and a response is of use only in the browser that asked for it.
 */
import type { Context } from 'koa';
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import { hmacSha256, randomId } from '../digests.ts';
import type { Secrets } from '../secrets/room.ts';
import type { SiteCookies } from './cookies.ts';
import type { Site } from './site.ts';

type BegunSignIn = {
  /** Below the path of the site, with its query. */
  returnTo: string;
  /** The person was asked to prove anew who they are. */
  isFresh: boolean;
  /** Milliseconds since the epoch. */
  at: number;
  nonce: string;
  /** RFC 7636 section 4.1. */
  verifier: string;
};

export type BegunSignIns = {
  /** Sets the browser's cookie where it has none. */
  begin(
    ctx: Context,
    asked: Pick<BegunSignIn, 'returnTo' | 'isFresh'>,
  ): BegunSignIn & { state: string };
  /** Undefined: too old, of another browser, or not ours. */
  find(ctx: Context, state: string): BegunSignIn | undefined;
};

type State = Pick<BegunSignIn, 'returnTo' | 'isFresh' | 'at'> & { id: string; browser: string };

const longestMs = hourMs;

export function createBegunSignIns({
  site: { name },
  cookies,
  secrets,
  clock,
}: {
  site: Site;
  cookies: Pick<SiteCookies, 'browser' | 'setBrowser'>;
  secrets: Pick<Secrets, 'seal' | 'open' | 'deriveAll'>;
  clock: Clock;
}): BegunSignIns {
  const purpose = `${name} sign-in`;
  const keys = secrets.deriveAll(purpose);
  /** The same for as long as the key that began it is known. */
  const derived = (what: string, { id, browser }: Pick<State, 'id' | 'browser'>, key: Buffer) =>
    hmacSha256(key, `${what} ${browser} ${id}`);
  const full = (
    state: Pick<State, 'id' | 'browser' | 'returnTo' | 'isFresh' | 'at'>,
    key: Buffer,
  ) => ({
    ...{ returnTo: state.returnTo, isFresh: state.isFresh, at: state.at },
    ...{ nonce: derived('nonce', state, key), verifier: derived('verifier', state, key) },
  });
  /** Tells which browser it was, and nothing from which anything follows. */
  const markOf = (browser: string, key: Buffer) => hmacSha256(key, `browser ${browser}`);

  return {
    begin(ctx, { returnTo, isFresh }) {
      const [key = Buffer.alloc(0)] = keys;
      const browser = cookies.browser(ctx) ?? randomId(32);
      cookies.setBrowser(ctx, browser, longestMs);
      const kept = { id: randomId(), returnTo, isFresh, at: clock.now() };
      const state = secrets.seal(
        purpose,
        JSON.stringify({ ...kept, browser: markOf(browser, key) }),
      );
      return { ...full({ ...kept, browser }, key), state };
    },

    find(ctx, sealed) {
      const browser = cookies.browser(ctx);
      if (!browser) return undefined;
      let state: State;
      try {
        state = JSON.parse(secrets.open(purpose, sealed).toString());
      } catch {
        return undefined;
      }
      if (clock.now() - state.at > longestMs) return undefined;
      const key = keys.find((candidate) => markOf(browser, candidate) === state.browser);
      return key && full({ ...state, browser }, key);
    },
  };
}
