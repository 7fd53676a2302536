/**
 * The pages of groups. Who is in one is said by each user.
 */
import type { z } from 'zod';
import {
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  listUsers,
  patchGroup,
} from '../../admin/room.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { isSome, numberText } from '../parts/counts.ts';
import type { Field } from '../parts/fields.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { type ObjectSection, objectPage } from '../parts/object_page.ts';
import { stateOf } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { userPath } from '../users/paths.ts';
import { groupPath, groupsPath, membersOf, newGroupPath } from './paths.ts';

type Group = z.input<(typeof getGroup)['result']>;

const section = 'groups' as const;
const one = `${groupsPath}/:group` as const;
const mostShown = 20;

const toGroups = { label: 'Groups', href: groupsPath };
const trailTo = ({ name }: Group) => [toGroups, { label: name, href: groupPath(name) }];
const descriptionOf = ({ description: text, described }: Group) =>
  described ? show.text(text) : show.text('Only users name it', { muted: true });
const back = (group: object, text: string) => ({
  to: groupPath((group as Group).name),
  flash: { tone: 'good' as const, text },
});

const name: Field = {
  ...{ name: 'name', label: 'Name', as: 'text', required: true },
  hint: 'As apps get it, in the claim groups. It cannot be changed later.',
};

const description: Field = {
  ...{ name: 'description', label: 'Description', as: 'text' },
  hint: 'For operators. Optional.',
};

const list = listPage<Group>({
  ...{ section, path: groupsPath, title: 'Groups', operation: listGroups },
  intro: 'Groups of users, which apps get to know in the claim groups.',
  columns: [
    { label: 'Name', value: (group) => show.text(group.name) },
    { label: 'Description', value: descriptionOf },
    { label: 'Members', value: ({ members }) => show.text(numberText(members)) },
    { label: 'Changed', value: ({ updated_at: at }) => show.time(at) },
  ],
  hrefOf: (group) => groupPath(group.name),
  create: { operation: createGroup, label: 'Create a group', href: newGroupPath },
  empty: {
    title: 'No groups yet',
    text: 'A group says what people have in common, so that apps need not know each of them. It is here as soon as a user is in it, or somebody describes it.',
  },
});

const create = formPage({
  ...{ section, path: newGroupPath, name: 'groups.create', operation: createGroup },
  ...{ title: 'Create a group', command: 'Create a group', submit: 'Create group' },
  trail: () => [toGroups],
  fields: () => [name, description],
  done: ({ body }) => back(body, `${(body as Group).name} is created.`),
});

const object = objectPage<Group>({
  ...{ section, path: one, read: getGroup, listTitle: 'Groups', listPath: groupsPath },
  titleOf: (group) => group.name,
  status: () => [],
  facts: (group) => [
    { label: 'Name', value: show.code(group.name, { copy: true }) },
    { label: 'Description', value: descriptionOf(group) },
    { label: 'Members', value: show.text(numberText(group.members)) },
    ...(group.described
      ? [
          { label: 'Created', value: show.time(group.created_at) },
          { label: 'Changed', value: show.time(group.updated_at) },
        ]
      : []),
  ],
  notice: ({ described }) =>
    described
      ? undefined
      : 'Users are in it, and nobody has described it. It goes with the last of them; once described, it stays.',
  actions: ({ name, described }) => [
    {
      operation: patchGroup,
      label: described ? 'Edit' : 'Describe',
      href: groupPath(name, '/edit'),
    },
    ...(described
      ? [
          {
            ...{ operation: deleteGroup, label: 'Delete', danger: true },
            href: groupPath(name, '/delete'),
          },
        ]
      : []),
  ],
  sections: async (group, request) =>
    request.may(listUsers) ? [await membersSection(group, request)] : [],
});

async function membersSection(
  group: Group,
  { call }: Pick<ConsoleRequest, 'call'>,
): Promise<ObjectSection> {
  const query = { group: group.name, limit: mostShown };
  const { items, next } = (await call(listUsers, { query })).body;
  return {
    title: 'Members',
    text: 'Somebody is added and taken out on the page of the user.',
    empty: 'Nobody is in this group.',
    table: {
      columns: ['Username', 'Email', 'State'],
      rows: items.map((user) => [
        show.link(user.username, userPath(user.id)),
        show.code(user.email),
        stateOf(user),
      ]),
    },
    more: next === null ? undefined : { label: 'All members', href: membersOf(group.name) },
  };
}

const edit = formPage({
  ...{ section, path: `${one}/edit`, name: 'groups.edit' },
  ...{ operation: patchGroup, read: getGroup, submit: 'Save changes' },
  title: (group) => `Edit ${(group as Group).name}`,
  trail: (_request, group) => trailTo(group as Group),
  fields: () => [description],
  done: ({ body }) => back(body, `${(body as Group).name} is saved.`),
});

const remove = confirmPage({
  ...{ section, path: `${one}/delete`, name: 'groups.delete' },
  ...{ operation: deleteGroup, read: getGroup, submit: 'Delete group', danger: true },
  title: (group) => `Delete ${(group as Group).name}?`,
  trail: (group) => trailTo(group as Group),
  consequences: (group) => [
    isSome((group as Group).members)
      ? `It is not deleted while somebody is in it: now ${numberText((group as Group).members)}. Take them out first.`
      : 'Nobody is in it, so no app notices.',
    'A group of the same name can be created again.',
  ],
  typed: (group) => (group as Group).name,
  done: ({ object: group }) => ({
    to: groupsPath,
    flash: { tone: 'good', text: `${(group as Group).name} is deleted.` },
  }),
});

export const groupPages: readonly ConsolePage[] = [list, ...create, object, ...edit, ...remove];
