/**
 * The pages of invitations: links that are mailed to people who are to make an account.
 */
import type { z } from 'zod';
import {
  createInvitation,
  deleteInvitation,
  getInvitation,
  listInvitations,
} from '../../admin/room.ts';
import { actorValue } from '../links.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { exactTime } from '../parts/exact_time.ts';
import type { Field } from '../parts/fields.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { languages } from '../parts/local_texts.ts';
import { objectPage } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { membershipFields } from '../users/fields.ts';
import { usernamesOf } from '../users/usernames.ts';

type Invitation = z.input<(typeof getInvitation)['result']> & {
  /** What the operator is called who invites. */
  inviter?: string | undefined;
};

const section = 'invitations' as const;
const path = '/invitations';
const newPath = '/new-invitation';
const toInvitations = { label: 'Invitations', href: path };
const pathOf = ({ id }: Pick<Invitation, 'id'>, below = ''): `/${string}` =>
  `${path}/${encodeURIComponent(id)}${below}`;

const address: Field = {
  ...{ name: 'email', label: 'Email', as: 'text', required: true },
  hint: 'The account has this address, verified. Nobody can accept the invitation without reading mail there.',
};

const language: Field = {
  ...{ name: 'locale', label: 'Language of the mail', as: 'choice' },
  options: [
    { value: '', label: 'As this server is configured' },
    ...languages.map(({ locale, name }) => ({ value: locale, label: name })),
  ],
};

const userIdOf = ({ created_by: by }: Invitation) => /^user:(.+)$/.exec(by)?.[1] ?? '';

async function withInviters(
  invitations: readonly Invitation[],
  request: ConsoleRequest,
): Promise<readonly Invitation[]> {
  const names = await usernamesOf(invitations.map(userIdOf).filter(Boolean), request);
  return invitations.map((invitation) => ({
    ...invitation,
    inviter: names.get(userIdOf(invitation)),
  }));
}

const list = listPage<Invitation>({
  ...{ section, path, title: 'Invitations', operation: listInvitations },
  intro: 'People who were invited to make an account, and have not done so yet. Newest first.',
  columns: [
    { label: 'Email', value: ({ email }) => show.text(email) },
    { label: 'Invited', value: ({ created_at: at }) => show.time(at) },
    { label: 'Expires', value: ({ expires_at: until }) => show.time(until) },
    {
      label: 'By',
      value: ({ created_by: by, inviter }) => (inviter ? show.text(inviter) : show.code(by)),
    },
  ],
  hrefOf: pathOf,
  complete: withInviters,
  create: { operation: createInvitation, label: 'Invite somebody', href: newPath },
  empty: {
    title: 'Nobody is invited',
    text: 'Whoever is invited gets a mail with a link, and makes an account with it. Groups and roles can wait for them.',
  },
});

const create = formPage({
  ...{ section, path: newPath, name: 'invitations.create', operation: createInvitation },
  ...{ title: 'Invite somebody', command: 'Invite somebody', submit: 'Send the invitation' },
  intro:
    'The link in the mail works once, for seven days. It replaces an earlier one to this address.',
  trail: () => [toInvitations],
  fields: () => [address, language, ...membershipFields],
  done: ({ body }) => ({
    to: pathOf(body as Invitation),
    flash: { tone: 'good', text: `An invitation is on its way to ${(body as Invitation).email}.` },
  }),
});

const object = objectPage<Invitation>({
  ...{ section, path: `${path}/:invitation_id`, read: getInvitation },
  ...{ listTitle: toInvitations.label, listPath: path },
  titleOf: ({ email }) => email,
  complete: async (invitation, request) => {
    const [shown = invitation] = await withInviters([invitation], request);
    return shown;
  },
  status: () => [],
  facts: ({ email, groups, roles, ...invitation }, { places }) => [
    { label: 'Email', value: show.code(email, { copy: true }) },
    { label: 'Groups', value: show.text(groups.join(', ') || 'None') },
    { label: 'Roles', value: show.text(roles.join(', ') || 'None') },
    { label: 'Invited', value: show.text(exactTime(invitation.created_at)) },
    { label: 'Expires', value: show.text(exactTime(invitation.expires_at)) },
    { label: 'By', value: actorValue(invitation.created_by, places, invitation.inviter) },
    { label: 'ID', value: show.code(invitation.id, { copy: true }) },
  ],
  actions: (invitation) => [
    {
      ...{ operation: deleteInvitation, label: 'Withdraw', danger: true },
      href: pathOf(invitation, '/withdraw'),
    },
  ],
  sections: async () => [],
});

const withdraw = confirmPage({
  ...{ section, path: `${path}/:invitation_id/withdraw`, name: 'invitations.withdraw' },
  ...{ operation: deleteInvitation, read: getInvitation, submit: 'Withdraw', danger: true },
  title: (invitation) => `Withdraw the invitation of ${(invitation as Invitation).email}?`,
  trail: (invitation) => [
    toInvitations,
    { label: (invitation as Invitation).email, href: pathOf(invitation as Invitation) },
  ],
  consequences: () => ['The link in the mail stops working. They can be invited again.'],
  done: ({ object }) => ({
    to: path,
    flash: {
      tone: 'good',
      text: `The invitation of ${(object as Invitation).email} is withdrawn.`,
    },
  }),
});

export const invitationPages: readonly ConsolePage[] = [list, ...create, object, ...withdraw];
