/**
 * A new mail address, as its person wants it: proven by a mail to the new one, told to the old one, which can take it back
 * for a week. Nobody but who reads an address learns whether another account has it.
 */
import type { AuditContext } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import { emailUndoMs } from '../../definitions/limits.ts';
import type { Locale } from '../../definitions/locales.ts';
import { normaliseName } from '../../definitions/names.ts';
import { type Circumstances, isMailAddress, type Mail } from '../../mail/room.ts';
import type { LinkOrder, OneTimeLink, OneTimeLinks } from '../../one_time_links/room.ts';
import { DuplicateError } from '../../storage/errors.ts';
import type { UserRecord } from '../../storage/users.ts';
import { formerEmail, isReturn, openEmailRequest, type Users } from '../../users/room.ts';

const purposes = { confirm: 'email_change', undo: 'email_undo' } as const;

/** Where something comes from, and the language of mails about it. */
export type ChangeOrigin = { circumstances: Circumstances; locale: Locale; by: AuditContext };

/** `email`: which the account gets. */
type Opened = { user: UserRecord; email: string };

export type EmailChanges = {
  /**
   * Sends a link and a code to the address, in place of those from before. `request`: a name that only this session knows.
   * False: it is no address. Throws what Users.requestEmail throws.
   */
  ask(
    person: UserRecord,
    wanted: { email: string; request: string },
    origin: ChangeOrigin,
  ): Promise<boolean>;
  /** What can be confirmed still. */
  pending(person: UserRecord): { email: string; expiresAt: number } | undefined;
  /** What the link gives the account, without spending it. Undefined: it is good for nothing (any more). */
  open(token: string): Promise<Opened | undefined>;
  /** Spends the link. Undefined: it was good for nothing, and nothing has changed. */
  confirm(token: string, origin: ChangeOrigin): Promise<Opened | undefined>;
  /** The same by the code, in the session that asked for it. */
  confirmByCode(
    request: string,
    code: string,
    origin: ChangeOrigin,
  ): Promise<Opened | 'wrong' | 'exhausted'>;
  /** The address from before, without changing anything. */
  openUndo(token: string): Promise<Opened | undefined>;
  /** `taken`: another account has the address by now; everything has ended. Undefined: the link is good for nothing. */
  undo(token: string, origin: ChangeOrigin): Promise<Opened | 'taken' | undefined>;
};

export function createEmailChanges({
  users,
  links,
  mail,
  isManaged,
  languageOf,
  issuer,
  path,
  clock,
}: {
  users: Pick<
    Users,
    'find' | 'lookUp' | 'requestEmail' | 'confirmEmail' | 'restoreEmail' | 'withdrawEmail'
  >;
  links: Pick<OneTimeLinks, 'issue' | 'open' | 'spend' | 'spendCode' | 'withdraw'>;
  mail: Pick<Mail, 'send'>;
  /** Whether the declarative file decides the account. */
  isManaged: (user: UserRecord) => boolean;
  /** Of mails to the person, wherever they are read; `fallback`: where that is not known. */
  languageOf: (user: UserRecord, fallback: Locale) => Locale;
  issuer: string;
  /** Of the pages of the links, below the issuer. */
  path: string;
  clock: Clock;
}): EmailChanges {
  const base = issuer.replace(/\/$/, '');
  const urlOf = (page: 'confirm' | 'undo', token: string) =>
    `${base}${path}/${page}?${new URLSearchParams({ token })}`;
  const accountUrl = `${base}/account`;

  const isOthers = async (email: string, { id }: UserRecord) => {
    const other = await users.lookUp(email);
    return other !== undefined && other.id !== id;
  };

  /** Counted as the mail is that is sent where nobody has the address. */
  const tellInUse = (to: string, { id: userId }: UserRecord, origin: ChangeOrigin) => {
    const { circumstances, locale } = origin;
    const data = { circumstances, signInUrl: accountUrl };
    return mail.send({ to, template: 'address_in_use', data, locale, userId });
  };

  /** No list of the account's has it: whoever changes the address could end it there. */
  const undoOrder = ({ id: userId }: UserRecord): LinkOrder => ({
    ...{ purpose: purposes.undo, lifetimeMs: emailUndoMs, data: { userId } },
  });

  const requested = async ({ id, userId }: OneTimeLink): Promise<Opened | undefined> => {
    const user = userId === undefined ? undefined : await users.find(userId);
    const asked = user && openEmailRequest(user, clock.now());
    if (!user || asked?.link !== id || isManaged(user)) return undefined;
    return { user, email: asked.email };
  };

  /**
   * Tells the old address before the change: of a process that dies in between, the owner has a mail too many, never one
   * too few. False: it cannot be told now, and so nothing is changed.
   */
  const tellOld = async (user: UserRecord, email: string, origin: ChangeOrigin) => {
    const { email: old, emailVerified } = user;
    const leaves = emailVerified && old !== undefined && old !== email;
    if (!leaves || isReturn(user, email, clock.now())) return undefined;
    const { id, token, expiresAt } = await links.issue(undoOrder(user));
    const data = {
      ...{ url: urlOf('undo', token), expiresAt, newAddress: email },
      circumstances: origin.circumstances,
    };
    const locale = languageOf(user, origin.locale);
    const sent = { to: old, template: 'address_changed', data, locale, userId: user.id } as const;
    return (await mail.send(sent)) === 'accepted' && { link: id, until: expiresAt };
  };

  /** What a link or a code is spent for. */
  const change = async (link: OneTimeLink, origin: ChangeOrigin): Promise<Opened | undefined> => {
    const opened = await requested(link);
    if (!opened) return undefined;
    const { user, email } = opened;
    try {
      if (await isOthers(email, user)) throw new DuplicateError('A user with this email');
      const undo = await tellOld(user, email, origin);
      if (undo === false) return undefined;
      return (await users.confirmEmail(user.id, link.id, undo, origin.by)) ? opened : undefined;
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      await tellInUse(email, user, origin);
      return undefined;
    }
  };

  const openedUndo = async (link: OneTimeLink | undefined): Promise<Opened | undefined> => {
    const { userId } = link?.data ?? {};
    const user = typeof userId === 'string' ? await users.find(userId) : undefined;
    const former = link && user && formerEmail(user, link.id, clock.now());
    // Of an account that is to be deleted, too: whoever changed its address may have asked for that.
    if (!user || !former || user.disabledAt !== undefined || isManaged(user)) return undefined;
    return { user, email: former.email };
  };

  return {
    async ask(person, { email: typed, request }, origin) {
      const email = normaliseName(typed);
      if (!isMailAddress(email)) return false;
      const owner = { userId: person.id };
      const order = { purpose: purposes.confirm, owner, address: email, request };
      const { id, token, code, expiresAt } = await links.issue(order);
      const { emailRequest: before } = person;
      await users.requestEmail(person.id, { email, link: id, expiresAt }, origin.by);
      if (before) await links.withdraw(owner, before.link);
      if (await isOthers(email, person)) {
        await tellInUse(email, person, origin);
        return true;
      }
      const data = { url: urlOf('confirm', token), code, expiresAt };
      const { locale } = origin;
      await mail.send({ to: email, template: 'verify_address', data, locale, userId: person.id });
      return true;
    },

    pending: (person) => openEmailRequest(person, clock.now()),

    async open(token) {
      const link = await links.open(purposes.confirm, token);
      return link && requested(link);
    },

    async confirm(token, origin) {
      const link = await links.spend(purposes.confirm, token);
      return link && change(link, origin);
    },

    async confirmByCode(request, code, origin) {
      const link = await links.spendCode(purposes.confirm, request, code);
      if (link === 'wrong' || link === 'exhausted') return link;
      return (await change(link, origin)) ?? 'wrong';
    },

    openUndo: async (token) => openedUndo(await links.open(purposes.undo, token)),

    async undo(token, origin) {
      const link = await links.open(purposes.undo, token);
      const opened = await openedUndo(link);
      if (!link || !opened) return undefined;
      const { user } = opened;
      try {
        if (!(await users.restoreEmail(user.id, link.id, origin.by))) return undefined;
      } catch (error) {
        if (!(error instanceof DuplicateError)) throw error;
        return 'taken';
      }
      await links.spend(purposes.undo, token);
      if (user.email !== undefined && user.emailVerified) {
        const data = { circumstances: origin.circumstances };
        const locale = languageOf(user, origin.locale);
        await mail.send({ to: user.email, template: 'address_restored', data, locale });
      }
      return opened;
    },
  };
}
