/**
 * Operations on invitations: links that are mailed to people who are to make an account. Nobody but the person gets the
 * link itself.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { locales } from '../../definitions/locales.ts';
import { asciiAddressPattern, mailAddressPattern } from '../../definitions/names.ts';
import { CardeaError } from '../../errors.ts';
import type { Invitation, Invitations } from '../../invitations/room.ts';
import type { AdminCaller } from '../caller.ts';
import { operation } from '../operation.ts';
import { instant, noContent, nothing, pageOf, pageQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';

const tag = 'Invitations';
const one = z.strictObject({ invitation_id: z.string().min(1).max(100) });
const memberships = z.array(z.string().min(1).max(maxLength.membership)).max(1000);

const invitationSchema = z
  .object({
    id: z.string().describe('Names the invitation here; nobody can accept it with this.'),
    email: z.string(),
    groups: z.array(z.string()).describe('The groups that the account gets.'),
    roles: z.array(z.string()).describe('The roles that the account gets.'),
    created_at: instant,
    expires_at: instant,
    created_by: z.string().describe('As in the audit log: `user:…`, `client:…`, `operator`.'),
  })
  .meta({ id: 'Invitation' });

const view = ({ address, createdBy, createdAt, expiresAt, ...rest }: Invitation) => ({
  ...{ id: rest.id, email: address, groups: rest.groups, roles: rest.roles },
  ...{ created_at: iso(createdAt) ?? '', expires_at: iso(expiresAt) ?? '', created_by: createdBy },
});

/** Throws CardeaError `no_registration` (409). */
const room = async (services: AdminServices): Promise<Invitations> => {
  const invitations = await services.invitations();
  if (!invitations) throw noRegistration();
  return invitations;
};

/** As the mail calls whoever invites; undefined for programs. */
const nameOf = async ({ userId }: AdminCaller, services: AdminServices) => {
  const user = userId === undefined ? undefined : await (await services.users()).find(userId);
  const { name } = user?.claims ?? {};
  return typeof name === 'string' && name !== '' ? name : user?.username;
};

export const listInvitations = operation({
  id: 'listInvitations',
  method: 'GET',
  path: '/invitations',
  tag,
  summary: 'List invitations that can still be accepted, newest first',
  scope: 'users:read',
  params: nothing,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(invitationSchema),
  async run({ query: { limit, after }, services }) {
    const page = { limit, ...(after !== undefined && { after }) };
    const { items, next } = (await (await services.invitations())?.list(page)) ?? { items: [] };
    return { result: { items: items.map(view), next: next ?? null } };
  },
});

export const createInvitation = operation({
  id: 'createInvitation',
  method: 'POST',
  path: '/invitations',
  tag,
  summary: 'Invite somebody to make an account',
  description:
    'The person gets a mail with a link that is good once, for seven days. The account has this address, verified, and these groups and roles. It takes the place of an earlier invitation to the address, and ends when its maker may not create users any more.',
  scope: 'users:write',
  errors: [
    ...['already_exists', 'domain_not_allowed', 'invalid_address', 'no_registration'],
    'too_many_requests',
  ],
  events: ['invitation.made'],
  creates: true,
  idempotent: true,
  params: nothing,
  query: nothing,
  body: z
    .strictObject({
      email: z
        .string()
        .max(maxLength.username)
        .refine((text) => mailAddressPattern.test(text), 'must be one mail address')
        // Few other languages can compile the whole one.
        .meta({ pattern: asciiAddressPattern.source })
        .describe('Letters beyond ASCII are taken as well.'),
      groups: memberships.default([]),
      roles: memberships.default([]),
      locale: z.enum(locales).optional().describe('The language of the mail; default: the pages’.'),
    })
    .meta({ id: 'InvitationInput' }),
  result: invitationSchema,
  async run({ body: { email, groups, roles, locale }, by, caller, services }) {
    const invitations = await room(services);
    const invitedBy = await nameOf(caller, services);
    const wanted = { address: email, groups, roles, invitedBy, locale };
    const invitation = await invitations.make(wanted, by);
    return { result: view(invitation), createdAt: `/invitations/${invitation.id}` };
  },
});

export const getInvitation = operation({
  id: 'getInvitation',
  method: 'GET',
  path: '/invitations/{invitation_id}',
  tag,
  summary: 'Read an invitation that can still be accepted',
  scope: 'users:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: invitationSchema,
  async run({ params, services }) {
    const invitation = await (await services.invitations())?.find(params.invitation_id);
    if (!invitation) throw noSuchInvitation();
    return { result: view(invitation) };
  },
});

export const deleteInvitation = operation({
  id: 'deleteInvitation',
  method: 'DELETE',
  path: '/invitations/{invitation_id}',
  tag,
  summary: 'Withdraw an invitation',
  scope: 'users:write',
  errors: ['no_registration'],
  events: ['invitation.withdrawn'],
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, services }) {
    if (await (await room(services)).withdraw(params.invitation_id, by)) {
      return { result: undefined };
    }
    throw noSuchInvitation();
  },
});

function noRegistration(): CardeaError {
  return new CardeaError({
    code: 'no_registration',
    status: 409,
    message: 'Nobody can register at this server (registration.mode, mail).',
  });
}

function noSuchInvitation(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'There is no such invitation (any more).',
  });
}

export const invitationOperations = [
  listInvitations,
  createInvitation,
  getInvitation,
  deleteInvitation,
] as const;
