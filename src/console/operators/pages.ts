/**
 * The pages of operators: who runs this server, and in which role.
 */
import type { z } from 'zod';
import {
  deleteOperator,
  getOperator,
  getUser,
  listOperators,
  listUsers,
  putOperator,
} from '../../admin/room.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { managerOf, managers, stateOf } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { operatorOf } from '../users/operator_of.ts';
import { roleFields } from './fields.ts';
import {
  newOperatorOf,
  newOperatorPath,
  operatorPath,
  operatorsPath,
  toOperators,
} from './paths.ts';
import { roleFacts, roleName } from './roles.ts';
import {
  factsOf,
  nameOf,
  noticeOf,
  type Operator,
  type ShownOperator,
  sectionsOf,
  trailTo,
  withHindrance,
} from './shown_operator.ts';

type User = z.input<(typeof getUser)['result']>;

const section = 'operators' as const;
const one = `${operatorsPath}/:user_id` as const;

const back = (operator: object, text: string) => ({
  to: operatorPath((operator as Operator).user_id),
  flash: { tone: 'good' as const, text },
});

const list = listPage<Operator>({
  ...{ section, path: operatorsPath, title: 'Operators', operation: listOperators },
  intro: ({ may }) =>
    `The people who run this server.${may(putOperator) ? '' : ' Only an owner changes who they are.'}`,
  columns: [
    { label: 'Username', value: (operator) => show.text(nameOf(operator)) },
    { label: 'Role', value: ({ role }) => show.text(roleName(role)) },
    { label: 'Projects', value: ({ projects }) => show.text(projects?.length) },
    { label: 'Managed by', value: ({ managed_by: by }) => show.text(managers[by]) },
    { label: 'Since', value: ({ since }) => show.time(since) },
  ],
  hrefOf: ({ user_id: id }) => operatorPath(id),
  create: { operation: putOperator, label: 'Add an operator', href: newOperatorPath },
  empty: {
    title: 'No operators yet',
    text: 'An operator is a user with a role here: owner, administrator, support, auditor or deployer.',
  },
  legend: { title: 'Roles', facts: roleFacts },
});

/** A user first; the role is the form that follows. */
const chooseUser: ConsolePage = {
  ...listPage<User>({
    ...{ section, path: newOperatorPath, title: 'Add an operator', operation: listUsers },
    intro: 'Pick the user. Somebody who is none yet is created under Users first.',
    trail: [toOperators],
    filters: [{ name: 'text', label: 'Name or email' }],
    columns: [
      { label: 'Username', value: ({ username }) => show.text(username) },
      { label: 'Email', value: ({ email }) => show.code(email) },
      { label: 'State', value: stateOf },
    ],
    hrefOf: ({ id }) => newOperatorOf(id),
    empty: { title: 'No users yet', text: 'Create the user first, under Users.' },
  }),
  ...{ name: 'operators.choose_user', operation: putOperator, command: 'Add an operator' },
};

const create = formPage({
  ...{ section, path: `${newOperatorPath}/:user_id`, name: 'operators.create' },
  ...{ operation: putOperator, read: getUser, creates: true, submit: 'Add operator' },
  title: (user) => `Make ${(user as User).username} an operator`,
  intro: 'The role holds from the next request on. They sign in to the console as they do to apps.',
  trail: () => [toOperators, { label: 'Add an operator', href: newOperatorPath }],
  fields: roleFields,
  done: ({ body }) =>
    back(body, `${nameOf(body as Operator)} is now ${roleName((body as Operator).role)}.`),
});

/** Whoever is one already has a page of their own. */
const createUnlessThere = create.map((page): ConsolePage => {
  if (page.method !== 'GET') return page;
  const handle = async (request: ConsoleRequest) => {
    const there = await operatorOf(request.params.user_id ?? '', request);
    if (!there) return page.handle(request);
    const text = `${nameOf(there)} is an operator already: ${roleName(there.role)}.`;
    return { to: operatorPath(there.user_id), flash: { tone: 'warning' as const, text } };
  };
  return { ...page, handle };
});

const object = objectPage<ShownOperator>({
  ...{ section, path: one, read: getOperator, listTitle: 'Operators', listPath: operatorsPath },
  complete: withHindrance,
  titleOf: nameOf,
  status: (operator) => [show.status(roleName(operator.role), 'good'), managerOf(operator)],
  notice: noticeOf,
  facts: factsOf,
  actions({ user_id: id, hindrance }) {
    if (hindrance !== undefined) return [];
    return [
      { operation: putOperator, label: 'Change role', href: operatorPath(id, '/edit') },
      {
        ...{ operation: deleteOperator, label: 'Remove', danger: true },
        href: operatorPath(id, '/remove'),
      },
    ];
  },
  sections: sectionsOf,
});

const edit = formPage({
  ...{ section, path: `${one}/edit`, name: 'operators.edit' },
  ...{ operation: putOperator, read: getOperator, submit: 'Save changes' },
  title: (operator) => `The role of ${nameOf(operator as Operator)}`,
  intro: ({ params, caller }) =>
    params.user_id === caller.id
      ? 'This is you. With less than you have now, you cannot give it back to yourself.'
      : 'It holds from the next request on, also for their API keys and tokens.',
  trail: (_request, operator) => trailTo(operator as Operator),
  fields: roleFields,
  done: ({ body }) =>
    back(body, `${nameOf(body as Operator)} is now ${roleName((body as Operator).role)}.`),
});

const remove = confirmPage({
  ...{ section, path: `${one}/remove`, name: 'operators.remove' },
  ...{ operation: deleteOperator, read: getOperator, submit: 'Remove operator', danger: true },
  title: (operator) => `Remove ${nameOf(operator as Operator)} from the operators?`,
  trail: (operator) => trailTo(operator as Operator),
  consequences: (operator, { caller }) => [
    (operator as Operator).user_id === caller.id
      ? 'This is you: this console and the admin API are closed to you from the next request on.'
      : 'The console and the admin API are closed to them from the next request on.',
    'Their API keys and tokens can do nothing at the admin API any more.',
    'They stay a user, and can sign in to apps as before. An owner can add them again.',
  ],
  typed: (operator) => nameOf(operator as Operator),
  done: ({ object: operator }) => ({
    to: operatorsPath,
    flash: { tone: 'good', text: `${nameOf(operator as Operator)} is no operator any more.` },
  }),
});

export const operatorPages: readonly ConsolePage[] = [
  list,
  chooseUser,
  ...createUnlessThere,
  object,
  ...edit,
  ...remove,
];
