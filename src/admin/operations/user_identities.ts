/**
 * Operations on the accounts at identity providers that sign a user in.
 */
import { z } from 'zod';
import { onRecord } from '../../audit/room.ts';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { createIdentities } from '../../identity_providers/room.ts';
import { identityKey } from '../../storage/authenticators.ts';
import { revocationOf } from '../../tokens/room.ts';
import { operation } from '../operation.ts';
import { instant, noContent, nothing } from '../schemas.ts';
import { foundUser, touched } from './users.ts';

const tag = 'Users';
const ofUser = z.strictObject({ user_id: z.string().min(1).max(maxLength.subject) });
const one = ofUser.extend({ identity_id: z.string().min(1).max(100) });

const identity = z
  .object({
    id: z.string().describe('Of the connection, here.'),
    provider: z.string().describe('The id of the provider by which it was used last.'),
    issuer: z.string(),
    subject: z.string().describe('With the issuer, the key of the account at the provider.'),
    label: z.string().describe('What the person sees of it: an address or a name.'),
    created_at: instant,
    last_used_at: instant.optional(),
  })
  .meta({ id: 'UserIdentity' });

export const listUserIdentities = operation({
  id: 'listUserIdentities',
  method: 'GET',
  path: '/users/{user_id}/identities',
  tag,
  summary: 'List the accounts at identity providers that sign a user in',
  scope: 'users:read',
  params: ofUser,
  query: nothing,
  body: z.undefined(),
  result: z.object({ items: z.array(identity) }),
  async run({ params, services }) {
    const { id } = await foundUser(services, params.user_id);
    const { authenticators } = await services.authentication();
    const { identities = [] } = (await authenticators.find(id)) ?? {};
    return {
      result: {
        items: identities.map(({ provider, issuer, subject, label, ...times }) => ({
          ...{ id: identityKey({ issuer, subject }), provider, issuer, subject, label },
          created_at: iso(times.createdAt) ?? '',
          last_used_at: iso(times.lastUsedAt),
        })),
      },
    };
  },
});

export const deleteUserIdentity = operation({
  id: 'deleteUserIdentity',
  method: 'DELETE',
  path: '/users/{user_id}/identities/{identity_id}',
  tag,
  summary: 'Disconnect an account at an identity provider, and end everything of the user',
  description:
    'For an account there that is in other hands. It signs nobody in any more. The last way in stays: disable the user instead, or set a password first.',
  scope: 'users:write',
  errors: ['last_way_in', 'more_than_own'],
  events: ['authenticator.removed', 'revocation.user'],
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, caller, services }) {
    const user = await touched(services, params.user_id, caller);
    const { authenticators } = await services.authentication();
    const identities = createIdentities({ authenticators, clock: services.clock });
    const owner = { id: user.id, by };
    const isDone = await identities.disconnect(owner, { key: params.identity_id, owner: user });
    if (!isDone) throw notConnected();
    const { killSwitches } = await services.switches();
    const { target, order } = revocationOf.user(user.id);
    await killSwitches.throwSwitch(target, { ...order, ...onRecord(by) });
    return { result: undefined };
  },
});

function notConnected(): CardeaError {
  return new CardeaError({
    ...{ code: 'not_found', status: 404 },
    message: 'The user has no such account at a provider (any more).',
  });
}

export const userIdentityOperations = [listUserIdentities, deleteUserIdentity] as const;
