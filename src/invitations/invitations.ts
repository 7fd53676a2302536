import { type AuditContext, type AuditSink, onRecord } from '../audit/room.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { invitations as limits } from '../definitions/limits.ts';
import type { Locale } from '../definitions/locales.ts';
import { CardeaError } from '../errors.ts';
import { type Mail, maskedAddress } from '../mail/room.ts';
import type { OneTimeLink, OneTimeLinks } from '../one_time_links/room.ts';
import { tooManyRequests } from '../rate_limits/room.ts';
import type { Page } from '../storage/pages.ts';
import type { Users } from '../users/room.ts';
import type { RegistrableAddresses } from './addresses.ts';

/** Of a one-time link: nothing else takes it. */
const purpose = 'invitation';
const owner = { list: 'invitations' };

/** Times in milliseconds since the epoch. */
export type Invitation = {
  id: string;
  address: string;
  /** What the account gets. */
  groups: string[];
  roles: string[];
  /** As in the audit log: `user:…`, `client:…`, `operator`. */
  createdBy: string;
  createdAt: number;
  expiresAt: number;
};

type NewInvitation = Pick<Invitation, 'address' | 'groups' | 'roles'> & {
  /** The name of the person who invites, as the mail says it. */
  invitedBy?: string | undefined;
  /** Default: that of the pages. */
  locale?: Locale | undefined;
};

export type Invitations = {
  /**
   * Sends one, in place of an earlier one to this address. Throws CardeaError `invalid_address` (400),
   * `domain_not_allowed`, `already_exists` (409), `too_many_requests` (429).
   */
  make(invitation: NewInvitation, by: AuditContext): Promise<Invitation>;
  /** Those that can still be accepted, newest first. */
  list(page: { limit: number; after?: string }): Promise<Page<Invitation>>;
  find(id: string): Promise<Invitation | undefined>;
  /** False where it is not there (any more). */
  withdraw(id: string, by: AuditContext): Promise<boolean>;
  /** What a link is worth, without spending it. Undefined: nothing (any more). */
  open(token: string): Promise<{ link: OneTimeLink; invitation: Invitation } | undefined>;
  /** For an account that was just made with it. */
  accepted(invitation: Invitation, userId: string, by: AuditContext): Promise<void>;
};

export function createInvitations({
  links,
  users,
  mail,
  audit,
  addressFor,
  mayInvite,
  urlOf,
  defaultLocale,
}: {
  links: Pick<OneTimeLinks, 'issue' | 'open' | 'find' | 'listOf' | 'withdraw'>;
  users: Pick<Users, 'findByName'>;
  mail: Pick<Mail, 'send'>;
  audit: AuditSink;
  addressFor: RegistrableAddresses['addressFor'];
  /** Whether whoever made an invitation could make it now: it never outlives that. */
  mayInvite: (createdBy: string) => Promise<boolean>;
  /** Where the link of a mail leads to. */
  urlOf: (token: string) => string;
  defaultLocale: Locale;
}): Invitations {
  const record = (
    type: AuditEventType,
    { id, address, groups, roles }: Invitation,
    by: AuditContext,
    userId?: string,
  ) =>
    audit.record({
      ...{ type, outcome: 'success', ...onRecord(by), userId },
      target: { kind: 'invitation', id },
      details: { address: maskedAddress(address), groups, roles },
    });

  return {
    async make({ address: typed, groups, roles, invitedBy, locale = defaultLocale }, by) {
      const wanted = addressFor(typed);
      if (wanted === 'address') throw invalidAddress();
      if (wanted === 'domain') throw domainNotAllowed();
      const { address } = wanted;
      if (await users.findByName(address)) throw alreadyExists();
      const createdBy = by.actor ?? 'system';
      const { id, token, expiresAt } = await links.issue({
        ...{ purpose, owner, address, only: address },
        ...{ data: { groups, roles, createdBy }, lifetimeMs: limits.lifetimeMs },
      });
      const data = { url: urlOf(token), expiresAt, invitedBy };
      if ((await mail.send({ to: address, template: 'invitation', data, locale })) !== 'accepted') {
        await links.withdraw(owner, id);
        throw tooManyRequests('Too many mails were sent to this address lately.', limits.againMs);
      }
      const createdAt = expiresAt - limits.lifetimeMs;
      const invitation = { id, address, groups, roles, createdBy, createdAt, expiresAt };
      await record('invitation.made', invitation, by);
      return invitation;
    },

    async list(page) {
      const found = await links.listOf(owner, page);
      return { ...found, items: found.items.map(invitationOf) };
    },

    async find(id) {
      const link = await links.find(owner, id);
      return link && invitationOf(link);
    },

    async withdraw(id, by) {
      const link = await links.find(owner, id);
      if (!link || !(await links.withdraw(owner, id))) return false;
      await record('invitation.withdrawn', invitationOf(link), by);
      return true;
    },

    async open(token) {
      const link = await links.open(purpose, token);
      if (!link) return undefined;
      const invitation = invitationOf(link);
      return (await mayInvite(invitation.createdBy)) ? { link, invitation } : undefined;
    },

    accepted: (invitation, userId, by) => record('invitation.accepted', invitation, by, userId),
  };
}

function invitationOf({ id, address = '', data, issuedAt, expiresAt }: OneTimeLink): Invitation {
  const { groups, roles, createdBy } = data as Pick<Invitation, 'groups' | 'roles' | 'createdBy'>;
  return { id, address, groups, roles, createdBy, createdAt: issuedAt, expiresAt };
}

function invalidAddress(): CardeaError {
  return new CardeaError({
    code: 'invalid_address',
    status: 400,
    message: 'This is not one mail address that an account can have.',
  });
}

function domainNotAllowed(): CardeaError {
  return new CardeaError({
    code: 'domain_not_allowed',
    status: 409,
    message: 'Addresses of this domain cannot register (registration.domains).',
  });
}

function alreadyExists(): CardeaError {
  return new CardeaError({
    code: 'already_exists',
    status: 409,
    message: 'A user with this address exists.',
  });
}
