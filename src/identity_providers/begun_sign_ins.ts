/**
 * Sign-ins at providers that have begun here and not come back yet: each once, for ten minutes, of use only in the browser
 * that began it. The store has no value from which anything follows: nonce and PKCE verifier are derived of what only the
 * browser and `state` have.
 */
import type { Clock } from '../clock.ts';
import { minuteMs } from '../definitions/units.ts';
import { equalDigests, hmacSha256, randomId, sha256 } from '../digests.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';

const kind = 'ProviderSignIn';
export const begunLifetimeMs = 10 * minuteMs;

/** What it is for. */
export type SignInPurpose =
  /** Of an interaction. `restart`: what its pages keep of the request. `stays`: the session outlives the browser's closing. */
  | { kind: 'sign_in'; interaction: string; restart: string; stays?: boolean | undefined }
  /** Of somebody who is signed in to the account pages, and wants to sign in like this, too. */
  | { kind: 'connect'; userId: string; session: string }
  /** Of an operator who tries the connection. */
  | { kind: 'test'; userId: string; session: string };

type BegunSignIn = {
  provider: string;
  purpose: SignInPurpose;
  /** Seconds: how long ago the provider may have asked the person at most. */
  maxAge?: number | undefined;
  /** Milliseconds since the epoch. */
  at: number;
};

type Secrets = { state: string; nonce: string; verifier: string };

export type BegunSignIns = {
  /** `browser`: what the browser has from another one, if anything. */
  begin(
    wish: Omit<BegunSignIn, 'at'>,
    browser: string | undefined,
  ): Promise<Secrets & { browser: string }>;
  /** Spends it. Undefined: never begun, over, spent, of another provider, or of another browser. */
  take(
    state: string,
    provider: string,
    browser: string | undefined,
  ): Promise<(BegunSignIn & Secrets) | undefined>;
};

const plausible = /^[\w-]{43}$/;

export function createBegunSignIns({
  artifacts,
  key,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'put' | 'find' | 'consume' | 'remove'>;
  /** Derived for this. */
  key: Buffer;
  clock: Clock;
}): BegunSignIns {
  const secretsOf = (state: string, browser: string): Secrets => ({
    state,
    nonce: hmacSha256(key, `nonce ${browser} ${state}`),
    verifier: hmacSha256(key, `verifier ${browser} ${state}`),
  });

  return {
    async begin(wish, given) {
      const browser = given && plausible.test(given) ? given : randomId(32);
      const state = randomId(32);
      const at = clock.now();
      await artifacts.put({
        ...{ kind, id: sha256(state), payload: { ...wish, at, browser: sha256(browser) } },
        ...('userId' in wish.purpose && { accountId: wish.purpose.userId }),
        expiresAt: at + begunLifetimeMs,
      });
      return { ...secretsOf(state, browser), browser };
    },

    async take(state, provider, browser) {
      if (!browser || !plausible.test(state)) return undefined;
      const found = await artifacts.find(kind, sha256(state), clock.now());
      if (!found) return undefined;
      const { browser: mark, ...begun } = found.payload as BegunSignIn & { browser: string };
      if (begun.provider !== provider || !equalDigests(mark, sha256(browser))) return undefined;
      const spent = await artifacts.consume(kind, sha256(state), clock.now());
      if (!spent?.won) return undefined;
      // Whoever proves themselves begins as many as they like (service.ts gives back what was counted).
      await artifacts.remove(kind, sha256(state));
      return { ...begun, ...secretsOf(state, browser) };
    },
  };
}
