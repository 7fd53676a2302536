/**
 * Operations on the second factors of people, for whoever has lost theirs: whether there are any, their removal, and links
 * with which people set up new ones. None of them shows or takes a secret of the person.
 */
import { z } from 'zod';
import type { SetupLink } from '../../authentication/room.ts';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { operation } from '../operation.ts';
import { instant, noContent, nothing } from '../schemas.ts';
import { foundUser, touched } from './users.ts';

const tag = 'Users';
const ofUser = z.strictObject({ user_id: z.string().min(1).max(maxLength.subject) });
const one = ofUser.extend({ link_id: z.string().min(1).max(100) });

const device = z.object({
  name: z.string().describe('As the person calls it; may be empty.'),
  created_at: instant,
  last_used_at: instant.optional(),
});

const secondFactors = z
  .object({
    authenticator_apps: z.array(device),
    passkeys: z.array(device),
    recovery_codes_left: z.int(),
    trusted_browsers: z.int().describe('Browsers that are not asked for a second factor.'),
  })
  .meta({ id: 'SecondFactors' });

const setupLinkMembers = {
  id: z.string().describe('Names the link here; nobody can use it with this.'),
  created_at: instant,
  expires_at: instant,
  created_by: z.string().describe('As in the audit log: `user:…`, `client:…`, `operator`.'),
};
const setupLink = z.object(setupLinkMembers).meta({ id: 'SetupLink' });
const newSetupLink = z
  .object({
    ...setupLinkMembers,
    url: z.string().describe('For the person alone. It is shown this once.'),
  })
  .meta({ id: 'NewSetupLink' });

export const getSecondFactors = operation({
  id: 'getSecondFactors',
  method: 'GET',
  path: '/users/{user_id}/second-factors',
  tag,
  summary: 'What a user signs in with besides a password',
  scope: 'users:read',
  params: ofUser,
  query: nothing,
  body: z.undefined(),
  result: secondFactors,
  async run({ params, services }) {
    const user = await foundUser(services, params.user_id);
    const { authenticators, trustedBrowsers } = await services.authentication();
    const owned = await authenticators.find(user.id);
    return {
      result: {
        authenticator_apps: owned?.totps.map(deviceView) ?? [],
        passkeys: owned?.passkeys.map(deviceView) ?? [],
        recovery_codes_left: owned?.recoveryCodes?.hashes.length ?? 0,
        trusted_browsers: (await trustedBrowsers.list(user)).length,
      },
    };
  },
});

export const deleteSecondFactors = operation({
  id: 'deleteSecondFactors',
  method: 'DELETE',
  path: '/users/{user_id}/second-factors',
  tag,
  summary: 'Remove all second factors of a user, and end everything of theirs',
  description:
    'With authenticator apps and passkeys go the recovery codes and trusted browsers. From then on the password alone signs in, where nothing requires more. To keep a second step, make a link instead.',
  scope: 'users:write',
  errors: ['last_way_in', 'more_than_own'],
  events: ['second_factors.removed', 'revocation.user'],
  sensitive: true,
  params: ofUser,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, caller, services }) {
    const user = await touched(services, params.user_id, caller);
    await (await services.lostFactors()).removeAll(user, by);
    return { result: undefined };
  },
});

export const listSetupLinks = operation({
  id: 'listSetupLinks',
  method: 'GET',
  path: '/users/{user_id}/setup-links',
  tag,
  summary: 'List the links with which a user can set up a new second factor',
  scope: 'users:read',
  params: ofUser,
  query: nothing,
  body: z.undefined(),
  result: z.object({ items: z.array(setupLink) }),
  async run({ params, services }) {
    const { id } = await foundUser(services, params.user_id);
    const links = await (await services.lostFactors()).listLinks(id);
    return { result: { items: links.map(linkView) } };
  },
});

export const createSetupLink = operation({
  id: 'createSetupLink',
  method: 'POST',
  path: '/users/{user_id}/setup-links',
  tag,
  summary: 'Make a link with which a user sets up a new second factor',
  description:
    'For whoever has lost theirs. It works once, for a day, and asks for the password; with its use all second factors from before and all sessions end. It takes the place of an earlier one.',
  scope: 'users:write',
  errors: ['no_password', 'no_account_pages', 'user_disabled', 'more_than_own'],
  events: ['setup_link.made', 'setup_link.withdrawn'],
  creates: true,
  sensitive: true,
  params: ofUser,
  query: nothing,
  body: nothing,
  result: newSetupLink,
  async run({ params, by, caller, services }) {
    const user = await touched(services, params.user_id, caller);
    const { url, ...link } = await (await services.lostFactors()).makeLink(user, by);
    const createdAt = `/users/${encodeURIComponent(user.id)}/setup-links/${link.id}`;
    return { result: { ...linkView(link), url }, createdAt };
  },
});

export const deleteSetupLink = operation({
  id: 'deleteSetupLink',
  method: 'DELETE',
  path: '/users/{user_id}/setup-links/{link_id}',
  tag,
  summary: 'Withdraw such a link',
  scope: 'users:write',
  errors: ['more_than_own'],
  events: ['setup_link.withdrawn'],
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, caller, services }) {
    const { id } = await touched(services, params.user_id, caller);
    const links = await services.lostFactors();
    if (!(await links.withdrawLink({ id, by }, params.link_id))) throw noSuchLink();
    return { result: undefined };
  },
});

function deviceView({
  name,
  createdAt,
  lastUsedAt,
}: {
  name: string;
  createdAt: number;
  lastUsedAt?: number | undefined;
}): z.input<typeof device> {
  return { name, created_at: iso(createdAt) ?? '', last_used_at: iso(lastUsedAt) };
}

function linkView({ id, createdBy, createdAt, expiresAt }: SetupLink): z.input<typeof setupLink> {
  return {
    ...{ id, created_by: createdBy },
    ...{ created_at: iso(createdAt) ?? '', expires_at: iso(expiresAt) ?? '' },
  };
}

function noSuchLink(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'There is no such link (any more).',
  });
}

export const secondFactorOperations = [
  getSecondFactors,
  deleteSecondFactors,
  listSetupLinks,
  createSetupLink,
  deleteSetupLink,
] as const;
