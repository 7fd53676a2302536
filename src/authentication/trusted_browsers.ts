/**
 * Browsers in which a person is not asked for the second factor for some time. Each is a record on the server, bound to
 * the account, so that a new password and every kill switch of the account end it.
 */
import type { Clock } from '../clock.ts';
import { randomId, sha256 } from '../digests.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';

const kind = 'TrustedBrowser';

export type TrustedBrowsers = {
  /** How long, in seconds; 0: no browser is trusted. */
  lifetime: number;
  /** Answers the value of the browser's cookie. */
  trust(userId: string): Promise<string>;
  isTrusted(userId: string, cookie: string | undefined): Promise<boolean>;
};

export function createTrustedBrowsers({
  artifacts,
  lifetime,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'put' | 'find'>;
  lifetime: number;
  clock: Clock;
}): TrustedBrowsers {
  return {
    lifetime,
    async trust(userId) {
      const value = randomId(32);
      const now = clock.now();
      await artifacts.put({
        ...{ kind, id: sha256(value), accountId: userId, payload: { at: now } },
        expiresAt: now + lifetime * 1000,
      });
      return value;
    },
    async isTrusted(userId, cookie) {
      if (!cookie || lifetime === 0) return false;
      const found = await artifacts.find(kind, sha256(cookie), clock.now());
      return found?.accountId === userId;
    },
  };
}
