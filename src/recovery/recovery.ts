/**
 * How somebody who cannot sign in any more gets a new password: by a link or a short code that is sent to the verified
 * address of the account. It never leads around a second factor, and tells no stranger whether there is an account.
 */
import type { AuditContext } from '../audit/room.ts';
import type { Authentication } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import type { Locale } from '../definitions/locales.ts';
import { randomId } from '../digests.ts';
import type { BackgroundMails } from '../mail/room.ts';
import type { LinkOrder, OneTimeLink, OneTimeLinks } from '../one_time_links/room.ts';
import type { SignInThrottle } from '../rate_limits/room.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';

const purpose = 'recovery';

/** Who asks, and where the answer goes on. */
type Asked = {
  /** The username or address that was typed. */
  name: string;
  /** A name that only this browser knows. */
  request: string;
  /** What the page keeps of the app's request (oidc/restarts). */
  restart: string | undefined;
  locale: Locale;
  ip: string;
};

/** Somebody who has proven to read the account's mail. */
type Recovering = {
  user: UserRecord;
  /** Whether a code of the second factor is asked for as well. */
  needsCode: boolean;
  /** Characters that the password must have. */
  passwordMin: number;
  restart: string | undefined;
  /** Whether it is the browser that asked. */
  isSameBrowser: boolean;
};

/** `gone`: the link was spent, tried too often, withdrawn or has expired, or the account has changed. */
type NewPasswordResult =
  | { result: 'done'; user: UserRecord }
  | { result: 'gone' | 'wrong_code' }
  | { result: 'throttled'; retryAfterSeconds: number };

export type Recovery = {
  /**
   * Resolves alike, and as fast, for accounts that do not exist. The answer sends the mail, if there is one: it is called
   * when the browser has its response, so that the time of that tells nothing.
   */
  begin(asked: Asked): Promise<() => void>;
  /** A token as in the link, for a code that was typed in the browser that asked. */
  redeem(request: string, code: string): Promise<{ token: string } | 'wrong' | 'exhausted'>;
  /** Undefined: the link is good for nothing (any more). `request`: this browser's. */
  open(token: string, request: string | undefined): Promise<Recovering | undefined>;
  /**
   * Sets the password, and ends all sessions, tokens and consents of the account. Throws InvalidFieldsError for a password
   * that cannot be chosen, which spends nothing.
   */
  choose(
    token: string,
    chosen: { password: string; code: string; locale: Locale },
    by: AuditContext & { ip: string },
  ): Promise<NewPasswordResult>;
};

export function createRecovery({
  users,
  authentication: { authenticators, totps, recoveryCodes },
  links,
  mails,
  throttle,
  isPasswordDeclared,
  issuer,
  clock,
}: {
  users: Pick<Users, 'findByName' | 'find' | 'passwordMin' | 'recoverPassword'>;
  authentication: Pick<Authentication, 'authenticators' | 'totps' | 'recoveryCodes'>;
  links: Pick<OneTimeLinks, 'issue' | 'open' | 'spend' | 'exchangeCode' | 'countUse' | 'isFrom'>;
  mails: BackgroundMails;
  throttle: SignInThrottle;
  /** Whether the declarative file has this user's password: the next start would restore it. */
  isPasswordDeclared: (username: string) => boolean;
  issuer: string;
  clock: Clock;
}): Recovery {
  const base = issuer.replace(/\/$/, '');

  /** Where a recovery is sent to: only an address that the person has proven to read. */
  const addressOf = ({ username, email, emailVerified, disabledAt }: UserRecord) => {
    const isOpen = emailVerified && disabledAt === undefined && !isPasswordDeclared(username);
    return isOpen ? email : undefined;
  };

  /** Kept in the link, so that a new password, by whatever way, ends those from before. */
  const passwordAge = ({ passwordChangedAt = 0 }: UserRecord) => passwordChangedAt;

  /** Whoever may recover the account that the link is for. */
  const accountOf = async ({ userId, address, data }: OneTimeLink) => {
    const user = userId === undefined ? undefined : await users.find(userId);
    if (!user || address !== addressOf(user)) return undefined;
    return data.passwordChangedAt === passwordAge(user) ? user : undefined;
  };

  const needsCode = async (userId: string) =>
    ((await authenticators.find(userId))?.totps.length ?? 0) > 0;

  /** Guesses are counted with those at the sign-in. */
  const proveSecondFactor = async (user: UserRecord, code: string, by: AuditContext) =>
    (await totps.spend(user.id, code)) || (await recoveryCodes.spend(user.id, code, by));

  return {
    async begin({ name, request, restart, locale, ip }) {
      const found = await users.findByName(name);
      const to = found && addressOf(found);
      // What is sent to nobody has an owner, too: the same is stored, and takes as long.
      const order: LinkOrder = {
        ...{ purpose, request, address: to },
        owner: { userId: found && to !== undefined ? found.id : randomId() },
        data: { restart, passwordChangedAt: found && passwordAge(found) },
      };
      const { token, code, expiresAt } = await links.issue(order);
      if (to === undefined || !found) return () => {};
      const url = `${base}/recovery/new-password?${new URLSearchParams({ token })}`;
      const circumstances = { at: clock.now(), address: ip };
      const data = { url, code, expiresAt, circumstances };
      return () => mails.send({ to, template: 'recovery', data, locale, userId: found.id });
    },

    redeem: (request, code) => links.exchangeCode(purpose, request, code),

    async open(token, request) {
      const link = await links.open(purpose, token);
      const user = link && (await accountOf(link));
      if (!user) return undefined;
      const { restart } = link.data;
      return {
        user,
        needsCode: await needsCode(user.id),
        passwordMin: await users.passwordMin(user.id),
        restart: typeof restart === 'string' ? restart : undefined,
        isSameBrowser: request !== undefined && links.isFrom(link, request),
      };
    },

    async choose(token, { password, code, locale }, by) {
      const link = await links.open(purpose, token);
      const user = link && (await accountOf(link));
      if (!user) return { result: 'gone' };
      if (!(await links.countUse(link))) {
        await links.spend(purpose, token);
        return { result: 'gone' };
      }
      const isAsked = await needsCode(user.id);
      const attempt = { account: user.id, what: 'second_factor' as const, address: by.ip };
      const permission = isAsked ? await throttle.check(attempt) : ({ allowed: true } as const);
      if (!permission.allowed) {
        return { result: 'throttled', retryAfterSeconds: permission.retryAfterSeconds };
      }
      let refused: 'wrong_code' | 'gone' | undefined;
      const isAllowed = async () => {
        // Passwords wait in a queue, in which the account may have changed.
        if (!(await accountOf(link))) refused = 'gone';
        else if (isAsked && !(await proveSecondFactor(user, code, by))) refused = 'wrong_code';
        else if (!(await links.spend(purpose, token))) refused = 'gone';
        return refused === undefined;
      };
      const recovered = await users
        .recoverPassword(user.id, password, by, isAllowed)
        .catch(async (error) => {
          if (isAsked) await throttle.abandoned(attempt);
          throw error;
        });
      if (refused === 'wrong_code') await throttle.failed(attempt);
      else if (isAsked) await throttle.succeeded(attempt);
      if (!recovered) return { result: refused ?? 'gone' };
      const circumstances = { at: clock.now(), address: by.ip };
      const data = { circumstances, accountUrl: `${base}/account`, by: 'mail' as const };
      const to = addressOf(user);
      if (to !== undefined) {
        mails.send({ to, template: 'recovery_used', data, locale, userId: user.id });
      }
      return { result: 'done', user };
    },
  };
}
