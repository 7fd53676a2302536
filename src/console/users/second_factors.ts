/**
 * Pages for a person who has lost their second factors: a link with which they set up a new one, its end, and the removal
 * of all of them.
 */
import type { z } from 'zod';
import {
  createSetupLink,
  deleteSecondFactors,
  deleteSetupLink,
  getUser,
  listSetupLinks,
} from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { ConsolePage } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { secretView } from '../parts/secret_view.ts';
import { show } from '../parts/values.ts';
import { dependentsOf, endsNow } from './live.ts';
import { trailTo, userPath, usersPath } from './paths.ts';
import type { User } from './shown_user.ts';

const section = 'users' as const;
const one = `${usersPath}/:user_id` as const;
type NewLink = z.input<(typeof createSetupLink)['result']>;
type Link = z.input<(typeof listSetupLinks)['result']>['items'][number];

const common = {
  ...{ section, read: getUser },
  trail: (user: object) => trailTo(user as User),
} as const;

const makeLink = confirmPage({
  ...{ ...common, path: `${one}/setup-link`, name: 'users.setup_link', operation: createSetupLink },
  submit: 'Make link',
  title: (user) => `A setup link for ${(user as User).username}?`,
  consequences: () => [
    'With the link and the password the person sets up a new second factor. It works once, for 24 hours.',
    'Make sure that it is really them who ask, and give the link to them alone.',
    'Nothing changes until it is used. Then all second factors from before and all sessions end.',
    'A link from before stops working. The person is told by mail, where mail is set up.',
  ],
  done({ body, object }) {
    const { url, expires_at: until } = body as NewLink;
    const user = object as User;
    return {
      view: {
        ...{ title: `The link for ${user.username}`, trail: trailTo(user), template: 'secret' },
        data: secretView({
          secret: { label: 'Setup link', value: url },
          facts: [{ label: 'Expires', value: show.time(until) }],
          steps: [
            {
              title: 'Give it to the person',
              text: 'By a way on which you know that it is them: in person, or by phone. Whoever has it still needs the password.',
            },
          ],
          next: { label: `Back to ${user.username}`, href: userPath(user.id) },
        }),
      },
    };
  },
});

const withdrawLink = confirmPage({
  ...{ section, path: `${one}/setup-links/:link_id/withdraw`, name: 'users.withdraw_setup_link' },
  ...{ operation: deleteSetupLink, submit: 'Withdraw link', danger: true },
  async read({ call, params: { user_id = '', link_id } }) {
    const { body: user } = await call(getUser, { params: { user_id } });
    const { body } = await call(listSetupLinks, { params: { user_id } });
    const link: Link | undefined = body.items.find(({ id }) => id === link_id);
    if (!link) throw noSuchLink();
    return user;
  },
  trail: (user) => trailTo(user as User),
  title: (user) => `Withdraw the setup link of ${(user as User).username}?`,
  consequences: () => ['The link stops working. A new one can be made.'],
  done: ({ object }) => back(object as User, 'The setup link is withdrawn.'),
});

const removeAll = confirmPage({
  ...{ ...common, path: `${one}/remove-second-factors`, name: 'users.remove_second_factors' },
  ...{ operation: deleteSecondFactors, submit: 'Remove second factors', danger: true },
  title: (user) => `Remove the second factors of ${(user as User).username}?`,
  consequences: async (user, request) => [
    'Authenticator apps, passkeys, recovery codes and trusted browsers of theirs are gone.',
    endsNow(await dependentsOf((user as User).id, request)),
    'From then on the password alone signs in, where nothing requires more. A setup link is the safer way.',
    'The person is told by mail, where mail is set up.',
  ],
  typed: (user) => (user as User).username,
  done: ({ object }) => {
    const user = object as User;
    return back(user, `${user.username} has no second factor, and is signed out everywhere.`);
  },
});

function back(user: User, text: string) {
  return { to: userPath(user.id), flash: { tone: 'good' as const, text } };
}

function noSuchLink(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'There is no such link.' });
}

export const secondFactorPages: readonly ConsolePage[] = [
  ...makeLink,
  ...withdrawLink,
  ...removeAll,
];
