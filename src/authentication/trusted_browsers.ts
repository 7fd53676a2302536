/**
 * Browsers in which a person is not asked for the second factor for some time. Each is a record on the server, bound to
 * the account and its password, so that a new password and every kill switch of the account end it.
 */
import type { Clock } from '../clock.ts';
import { equalDigests, randomId, sha256 } from '../digests.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { UserRecord } from '../storage/users.ts';

const kind = 'TrustedBrowser';

type Owner = Pick<UserRecord, 'id' | 'passwordHash'>;

export type TrustedBrowsers = {
  /** How long, in seconds; 0: no browser is trusted. */
  lifetime: number;
  /** Answers the value of the browser's cookie. */
  trust(user: Owner): Promise<string>;
  isTrusted(user: Owner, cookie: string | undefined): Promise<boolean>;
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
    async trust({ id, passwordHash = '' }) {
      const value = randomId(32);
      const now = clock.now();
      await artifacts.put({
        ...{ kind, id: sha256(value), accountId: id },
        payload: { password: sha256(passwordHash) },
        expiresAt: now + lifetime * 1000,
      });
      return value;
    },
    async isTrusted({ id, passwordHash = '' }, cookie) {
      if (!cookie || lifetime === 0) return false;
      const found = await artifacts.find(kind, sha256(cookie), clock.now());
      if (found?.accountId !== id) return false;
      return equalDigests(String(found.payload.password), sha256(passwordHash));
    },
  };
}
