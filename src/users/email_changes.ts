/**
 * Changes of a mail address by its person: asked for, confirmed by whoever reads the new one, and taken back by whoever
 * reads the old one. What a link is good for stands in the record of the user and changes together with the address, so
 * that no two requests at the same time leave a link that should be void.
 */
import type { ChangeContext } from '../audit/room.ts';
import { onRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { maxLength } from '../definitions/lengths.ts';
import { mostFormerEmails } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import { isUserActive, type UserRecord } from '../storage/users.ts';
import { type RevokingSwitches, revocationOf } from '../tokens/room.ts';
import { storableName } from './storable_names.ts';

type EmailRequest = NonNullable<UserRecord['emailRequest']>;
type FormerEmail = NonNullable<UserRecord['formerEmails']>[number];

/** `link`: the id of a one-time link, that of which the mail has. Times in milliseconds since the epoch. */
export type EmailChanges = {
  /**
   * Takes the place of what was asked for before. Throws CardeaError `invalid_name` (400), `too_many_email_changes` (409),
   * `not_found`.
   */
  requestEmail(
    id: string,
    asked: { email: string; link: string; expiresAt: number },
    by: ChangeContext,
  ): Promise<void>;
  /** False where nothing was asked for (any more). */
  withdrawEmail(id: string, by: ChangeContext): Promise<boolean>;
  /**
   * The account has the address that was asked for with this link, and `undo` takes that back. False: the link is void.
   * Throws DuplicateError: another account has the address by now.
   */
  confirmEmail(
    id: string,
    link: string,
    undo: { link: string; until: number } | undefined,
    by: ChangeContext,
  ): Promise<boolean>;
  /**
   * The account has the address again that it had before, and all sessions, tokens and consents end. Changes from after
   * that one cannot be taken back any more. False: the link is void. Throws DuplicateError: another account has it by
   * now; then everything has ended, and the link stays good.
   */
  restoreEmail(id: string, link: string, by: ChangeContext): Promise<boolean>;
};

/** What the person has asked for and can still confirm. A new password voids it; whatever sets an address removes it. */
export function openEmailRequest(user: UserRecord, now: number): EmailRequest | undefined {
  const { emailRequest: asked, passwordChangedAt = 0 } = user;
  const isOpen = asked && asked.expiresAt > now;
  return isOpen && asked.at >= passwordChangedAt && isUserActive(user) ? asked : undefined;
}

/** What this link restores. Undefined: nothing (any more). */
export function formerEmail(
  { formerEmails = [] }: UserRecord,
  link: string,
  now: number,
): FormerEmail | undefined {
  return formerEmails.find((former) => former.link === link && former.until > now);
}

/** Whether the address that is asked for is one that the person comes back to: then there is nothing to take back. */
export function isReturn({ formerEmails = [] }: UserRecord, email: string, now: number): boolean {
  return formerEmails.some((former) => former.email === email && former.until > now);
}

/** Of a change that somebody else decides: what the person had begun is void, and so is what would take it back. */
export function withoutEmailLinks(
  user: UserRecord,
  email: string | undefined,
): Pick<UserRecord, 'emailRequest' | 'formerEmails'> {
  if (email !== user.email) return { emailRequest: undefined, formerEmails: undefined };
  const { emailRequest, formerEmails } = user;
  return { emailRequest, formerEmails };
}

export function createEmailChanges({
  modify,
  killSwitches,
  clock,
}: {
  modify(
    id: string,
    type: AuditEventType,
    by: ChangeContext,
    change: (user: UserRecord) => Partial<UserRecord> | undefined,
  ): Promise<{ changed: boolean }>;
  killSwitches: Pick<RevokingSwitches, 'changeAndRevoke'>;
  clock: Clock;
}): EmailChanges {
  const open = ({ formerEmails = [] }: UserRecord) =>
    formerEmails.filter(({ until }) => until > clock.now());

  return {
    async requestEmail(id, { email: typed, link, expiresAt }, by) {
      const email = storableName(typed, 'email');
      await modify(id, 'user.email_requested', by, (user) => {
        if (open(user).length >= mostFormerEmails) throw tooMany();
        return { emailRequest: { email, link, at: clock.now(), expiresAt } };
      });
    },

    async withdrawEmail(id, by) {
      const { changed } = await modify(id, 'user.email_withdrawn', by, (user) =>
        openEmailRequest(user, clock.now()) ? { emailRequest: undefined } : undefined,
      );
      return changed;
    },

    async confirmEmail(id, link, undo, by) {
      const { changed } = await modify(id, 'user.email_changed', by, (user) => {
        const asked = openEmailRequest(user, clock.now());
        if (asked?.link !== link) return undefined;
        const former = open(user);
        const back = former.findIndex(({ email }) => email === asked.email);
        const { email: from, emailVerified } = user;
        const leaves = back < 0 && undo && from !== undefined && emailVerified;
        const formerEmails = [
          ...(back < 0 ? former : former.slice(0, back)),
          ...(leaves ? [{ email: from, ...undo }] : []),
        ];
        return {
          ...{ email: asked.email, emailVerified: true, emailRequest: undefined, formerEmails },
          ...nameAlong(user, asked.email),
        };
      });
      return changed;
    },

    async restoreEmail(id, link, by) {
      const { target, order } = revocationOf.user(id);
      const restore = () =>
        modify(id, 'user.email_restored', by, (user) => {
          const found = formerEmail(user, link, clock.now());
          if (!found) return undefined;
          const former = open(user);
          return {
            ...{ email: found.email, emailVerified: true, emailRequest: undefined },
            ...nameAlong(user, found.email),
            formerEmails: former.slice(0, former.indexOf(found)),
          };
        });
      const { changed } = await killSwitches.changeAndRevoke(
        target,
        { ...order, ...onRecord(by), reason: 'user.email_restored' },
        restore,
      );
      return changed;
    },
  };
}

/**
 * Where the username is the address, it goes along: a name must not stay behind with an address that may be somebody
 * else's one day, who then could not register.
 */
function nameAlong({ username, email }: UserRecord, to: string): Partial<UserRecord> {
  return username === email && to.length <= maxLength.username ? { username: to } : {};
}

function tooMany(): CardeaError {
  return new CardeaError({
    ...{ code: 'too_many_email_changes', status: 409 },
    message: 'The address was changed too often within a week.',
  });
}
