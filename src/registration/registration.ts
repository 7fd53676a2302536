/**
 * How people make accounts by themselves: by a link or a short code that is sent to their address. The account is made, and
 * its password chosen, only after that, so that nothing of a stranger's is in the account of the address's owner. Nobody
 * else is told whether there was an account before: only its owner is, by mail.
 */
import type { AuditContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { signUpLinkPath } from '../definitions/built_in.ts';
import { maxLength } from '../definitions/lengths.ts';
import type { Locale } from '../definitions/locales.ts';
import { isUnreadable } from '../definitions/names.ts';
import { randomId } from '../digests.ts';
import { InvalidFieldsError } from '../input_check.ts';
import type { Invitation, Invitations, RegistrableAddresses } from '../invitations/room.ts';
import type { BackgroundMails } from '../mail/room.ts';
import type { LinkOrder, OneTimeLink, OneTimeLinks } from '../one_time_links/room.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';

const purpose = 'registration';

/** A link that is good for an account. `address`: whose reader has it. */
type Permit = { link: OneTimeLink; address: string; invitation?: Invitation };

/** Who asks, and where the answer goes on. */
type Asked = {
  /** One that addressFor() has answered. */
  address: string;
  /** A name that only this browser knows. */
  request: string;
  /** What the page keeps of the app's request (oidc/restarts). */
  restart: string | undefined;
  locale: Locale;
  ip: string;
};

/** Somebody who has proven to read mail at an address. */
type Registering = {
  address: string;
  /** Characters that the password must have. */
  passwordMin: number;
  restart: string | undefined;
  /** Whether it is the browser that asked. */
  isSameBrowser: boolean;
};

/** `gone`: the link was spent, tried too often or has expired. `exists`: the address has an account by now. */
type Outcome = { result: 'done'; user: UserRecord } | { result: 'gone' | 'exists' };

export type Registration = {
  addressFor: RegistrableAddresses['addressFor'];
  /**
   * Resolves alike, and as fast, whether or not the address has an account. The answer sends the mail: it is called when
   * the browser has its response, so that the time of that tells nothing.
   */
  begin(asked: Asked): Promise<() => void>;
  /** A token as in the link, for a code that was typed in the browser that asked. */
  redeem(request: string, code: string): ReturnType<OneTimeLinks['exchangeCode']>;
  /** Undefined: the link is good for nothing (any more). `request`: this browser's. */
  open(token: string, request: string | undefined): Promise<Registering | undefined>;
  /**
   * Makes the account. Throws InvalidFieldsError for a name or password that cannot be taken, which spends nothing.
   */
  finish(
    token: string,
    chosen: { name: string; password: string; locale: Locale },
    by: Omit<AuditContext, 'actor' | 'reason'>,
  ): Promise<Outcome>;
};

export function createRegistration({
  users,
  links,
  mails,
  addressFor,
  invitations,
  isOpen,
  issuer,
  signInUrl,
  clock,
}: {
  users: Pick<Users, 'findByName' | 'passwordMin' | 'register'>;
  links: Pick<OneTimeLinks, 'issue' | 'open' | 'spend' | 'exchangeCode' | 'countUse' | 'isFrom'>;
  mails: BackgroundMails;
  addressFor: RegistrableAddresses['addressFor'];
  invitations: Pick<Invitations, 'open' | 'accepted'>;
  /** Whether links are good that anybody can have sent to themselves. */
  isOpen: boolean;
  issuer: string;
  /** For people who have an account; undefined: the server has no page for them. */
  signInUrl: string | undefined;
  clock: Clock;
}): Registration {
  const base = issuer.replace(/\/$/, '');

  /** What the link is worth now. */
  const permit = async (token: string): Promise<Permit | undefined> => {
    const own = isOpen ? await links.open(purpose, token) : undefined;
    const { link, invitation } = own ? { link: own } : ((await invitations.open(token)) ?? {});
    const { address } = link ?? {};
    // Which domains may register can have changed.
    if (!link || address === undefined || typeof addressFor(address) === 'string') return undefined;
    return { link, address, ...(invitation && { invitation }) };
  };

  const spend = async ({ link }: Permit, token: string) =>
    (await links.spend(link.purpose, token)) !== undefined;

  return {
    addressFor,

    async begin({ address: to, request, restart, locale, ip }) {
      const found = await users.findByName(to);
      // With an account it is sent to nobody: its code is refused alike, and as often.
      const order: LinkOrder = {
        ...{ purpose, request, address: found ? undefined : to, data: { restart } },
      };
      const { token, code, expiresAt } = await links.issue(order);
      const circumstances = { at: clock.now(), address: ip };
      if (found) {
        const data = { circumstances, signInUrl };
        return () =>
          mails.send({ to, template: 'already_registered', data, locale, userId: found.id });
      }
      const url = `${base}${signUpLinkPath}?${new URLSearchParams({ token })}`;
      const data = { url, code, expiresAt, isNewAccount: true };
      return () => mails.send({ to, template: 'verify_address', data, locale });
    },

    redeem: (request, code) => links.exchangeCode(purpose, request, code),

    async open(token, request) {
      const permitted = await permit(token);
      if (!permitted) return undefined;
      const { link, address, invitation } = permitted;
      const { restart } = link.data;
      const roles = invitation?.roles ?? [];
      return {
        ...{ address, passwordMin: await users.passwordMin({ roles }) },
        restart: typeof restart === 'string' ? restart : undefined,
        isSameBrowser: request !== undefined && links.isFrom(link, request),
      };
    },

    async finish(token, { name, password, locale }, by) {
      requireReadableName(name);
      const permitted = await permit(token);
      if (!permitted) return { result: 'gone' };
      const { link, address, invitation } = permitted;
      if (!(await links.countUse(link))) {
        await spend(permitted, token);
        return { result: 'gone' };
      }
      const { groups = [], roles = [] } = invitation ?? {};
      const subject = randomId();
      const claims = { ...(name !== '' && { name }), locale };
      const inOwnName = { ...by, actor: `user:${subject}`, reason: link.purpose };
      try {
        const user = await users.register(
          {
            ...{ subject, username: address, email: address, emailVerified: true },
            ...{ password, claims, groups, roles },
          },
          inOwnName,
          // Passwords wait in a queue, in which an invitation may have ended.
          async () => (await permit(token)) !== undefined && spend(permitted, token),
        );
        if (!user) return { result: 'gone' };
        if (invitation) await invitations.accepted(invitation, subject, inOwnName);
        return { result: 'done', user };
      } catch (error) {
        if (error instanceof DuplicateError) return { result: 'exists' };
        throw error;
      }
    },
  };
}

function requireReadableName(name: string): void {
  if (name.length <= maxLength.claimText && !isUnreadable(name)) return;
  const detail = `must have at most ${maxLength.claimText} visible characters`;
  throw new InvalidFieldsError([{ pointer: '#/name', detail }], {
    code: 'invalid_name',
    message: `The name ${detail}.`,
  });
}
