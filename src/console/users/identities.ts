/**
 * The accounts at identity providers that sign a user in, and the page that disconnects one.
 */
import type { z } from 'zod';
import { deleteUserIdentity, getUser, listUserIdentities } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import { linkTo, linkWhere } from '../links.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import type { ObjectSection } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { dependentsOf, endsNow } from './live.ts';
import { trailTo, userPath, usersPath } from './paths.ts';
import type { User } from './shown_user.ts';

type Identity = z.input<(typeof listUserIdentities)['result']>['items'][number];

export function identitiesSection(
  { id: userId }: User,
  identities: readonly Identity[],
  { may, places }: Pick<ConsoleRequest, 'may' | 'places'>,
): ObjectSection {
  return {
    title: 'Identity providers',
    text: 'Accounts elsewhere that sign the person in.',
    table: {
      columns: ['Account', 'Provider', 'Connected', 'Last use', 'Action'],
      rows: identities.map(({ id, label, provider, created_at: at, last_used_at: used }) => [
        show.text(label),
        linkTo('identity_provider', provider, places) ?? show.code(provider),
        show.time(at),
        show.time(used),
        linkWhere(may(deleteUserIdentity), 'Disconnect', disconnectPath(userId, id)),
      ]),
    },
  };
}

function disconnectPath(userId: string, identityId: string): string {
  return userPath(userId, `/identities/${encodeURIComponent(identityId)}/disconnect`);
}

async function identityOf({ call, params }: ConsoleRequest): Promise<Identity> {
  const { user_id = '', identity_id: id } = params;
  const { body } = await call(listUserIdentities, { params: { user_id } });
  const found = (body.items as Identity[]).find((one) => one.id === id);
  if (found) return found;
  throw new CardeaError({
    ...{ code: 'not_found', status: 404 },
    message: 'The user has no such account at a provider (any more).',
  });
}

export const identityPages: readonly ConsolePage[] = confirmPage({
  ...{ section: 'users', path: `${usersPath}/:user_id/identities/:identity_id/disconnect` },
  ...{ name: 'users.disconnect_identity', operation: deleteUserIdentity },
  ...{ submit: 'Disconnect', danger: true },
  async read(request) {
    const { user_id = '' } = request.params;
    const { body } = await request.call(getUser, { params: { user_id } });
    return { ...body, identity: await identityOf(request) };
  },
  trail: (user) => trailTo(user as User),
  title: ({ identity, username }) => `Disconnect ${(identity as Identity).label} from ${username}?`,
  consequences: async ({ id, identity }, request) => [
    `The account at ${(identity as Identity).issuer} signs nobody in here any more.`,
    endsNow(await dependentsOf(String(id), request)),
    'Whoever has the account can connect it again from within this user, once signed in another way.',
  ],
  done: ({ object }) => ({
    to: userPath(String(object.id)),
    flash: {
      tone: 'good',
      text: 'The account is disconnected, and the user signed out everywhere.',
    },
  }),
});
