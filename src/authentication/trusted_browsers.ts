/**
 * Browsers in which a person is not asked for the second factor for some time. Each is a record on the server, bound to
 * the account and its password, so that a new password and every kill switch of the account end it.
 */
import type { Clock } from '../clock.ts';
import { equalDigests, randomId, sha256 } from '../digests.ts';
import { type Artifact, type ArtifactStore, liveKinds } from '../storage/artifacts.ts';
import type { UserRecord } from '../storage/users.ts';

const kind = liveKinds.trustedBrowser;
const longestUserAgent = 400;
const pageSize = 100;
/** Of one person; somebody who has more ends the rest with the next request. */
const mostPages = 20;

type Owner = Pick<UserRecord, 'id' | 'passwordHash' | 'passwordChangedAt'>;

/** As the person knows it. Times in milliseconds since the epoch. */
export type TrustedBrowser = {
  /** No bearer value. */
  id: string;
  userAgent?: string | undefined;
  ip?: string | undefined;
  trustedAt?: number | undefined;
  expiresAt: number;
};

type Payload = Pick<TrustedBrowser, 'userAgent' | 'ip' | 'trustedAt'> & { password: string };

export type TrustedBrowsers = {
  /** How long, in seconds; 0: no browser is trusted. */
  lifetime: number;
  /** Answers the value of the browser's cookie. */
  trust(user: Owner, from: { userAgent: string; ip: string | undefined }): Promise<string>;
  isTrusted(user: Owner, cookie: string | undefined): Promise<boolean>;
  /** Those that are trusted, newest first; of very many the newest. */
  list(user: Owner): Promise<TrustedBrowser[]>;
  /** Ends one; false where the person has no such browser (any more). */
  end(userId: string, id: string): Promise<boolean>;
  /** Ends all; answers how many. */
  endAll(userId: string): Promise<number>;
};

export function createTrustedBrowsers({
  artifacts,
  lifetime,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'put' | 'find' | 'list' | 'remove'>;
  lifetime: number;
  clock: Clock;
}): TrustedBrowsers {
  const isOfPassword = ({ payload }: Artifact, user: Owner) =>
    equalDigests(String(payload.password), passwordMark(user));

  const listed = (accountId: string) =>
    artifacts.list({ kind, accountId }, { limit: pageSize, now: clock.now() });

  return {
    lifetime,
    async trust(user, { userAgent, ip }) {
      const value = randomId(32);
      const now = clock.now();
      const payload: Payload = {
        ...{ password: passwordMark(user), trustedAt: now, ip },
        userAgent: userAgent.slice(0, longestUserAgent) || undefined,
      };
      const expiresAt = now + lifetime * 1000;
      await artifacts.put({ kind, id: sha256(value), accountId: user.id, payload, expiresAt });
      return value;
    },
    async isTrusted(user, cookie) {
      if (!cookie || lifetime === 0) return false;
      const found = await artifacts.find(kind, sha256(cookie), clock.now());
      return found?.accountId === user.id && isOfPassword(found, user);
    },
    async list(user) {
      if (lifetime === 0) return [];
      const { items } = await listed(user.id);
      return items.filter((found) => isOfPassword(found, user)).map(toBrowser);
    },
    async end(userId, id) {
      const found = await artifacts.find(kind, id, clock.now());
      if (found?.accountId !== userId) return false;
      await artifacts.remove(kind, id);
      return true;
    },
    async endAll(userId) {
      let count = 0;
      for (let page = 0; page < mostPages; page += 1) {
        const { items } = await listed(userId);
        if (items.length === 0) break;
        for (const { id } of items) await artifacts.remove(kind, id);
        count += items.length;
      }
      return count;
    },
  };
}

/** To have none again is as new as another one: what was trusted without it stays ended. */
function passwordMark({ passwordHash, passwordChangedAt = 0 }: Owner): string {
  return sha256(passwordHash ?? `none since ${passwordChangedAt}`);
}

function toBrowser({ id, payload, expiresAt }: Artifact): TrustedBrowser {
  const { userAgent, ip, trustedAt } = payload as Payload;
  return { id, userAgent, ip, trustedAt, expiresAt };
}
