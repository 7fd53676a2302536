/**
 * `cardea operators`: the people who run Cardea, and their roles. Users are named by username, email or id.
 */

import { type Command, Option } from 'commander';
import { iso } from '../clock.ts';
import { normaliseName } from '../definitions/names.ts';
import { isConfined, type OperatorRole, operatorRoles } from '../definitions/operator_roles.ts';
import type { Operator } from '../operators/room.ts';
import { type OperatorContext, withChanges, withContext } from './context.ts';
import { warn } from './records/declared.ts';
import { findUser } from './records/find_user.ts';
import { type ConfirmOptions, confirm } from './terminal/input.ts';
import {
  card,
  destructive,
  instant,
  type OutputOptions,
  print,
  subcommand,
  table,
} from './terminal/output.ts';

export function register(command: Command): void {
  subcommand(command, 'list', 'list the operators').action((options: OutputOptions) =>
    listOperators(options),
  );
  subcommand(command, 'set <user>', 'give a user a role, in place of any other')
    .addOption(
      new Option('--role <role>', 'the role').choices(operatorRoles).makeOptionMandatory(true),
    )
    .option('--project <project...>', 'the projects of a deployer, by id or name')
    .action(set);
  destructive(command, 'remove <user>', 'take the role from a user').action(remove);
}

/** `only`: those in this role. */
export async function listOperators(options: OutputOptions, only?: OperatorRole): Promise<void> {
  const described = await withContext(async (context) => {
    const operators = await (await context.operators()).list();
    const wanted = operators.filter(({ role }) => only === undefined || role === only);
    return Promise.all(wanted.map((operator) => describe(context, operator)));
  });
  print(described, options, () =>
    table(
      ['USERNAME', 'ROLE', 'PROJECTS', 'SINCE', 'GIVEN BY', 'ID'],
      described.map(({ username, role, projects = [], since, by, user_id }) => [
        ...[username ?? '', role, projects.join(' '), instant(since), by, user_id],
      ]),
    ),
  );
}

async function set(
  name: string,
  { role, project = [], ...options }: OutputOptions & { role: OperatorRole; project?: string[] },
): Promise<void> {
  const { operator, warnings } = await withChanges(options, async (context) => {
    const user = await findUser(context, name);
    const projects = await Promise.all(
      project.map(async (one) => (await (await context.projects()).get(one)).id),
    );
    const grant = { role, ...((isConfined(role) || projects.length > 0) && { projects }) };
    const operators = await context.operators();
    const operator = await operators.set(user.id, grant, context.operator);
    return {
      operator: await describe(context, operator),
      warnings: warningsOf(context, user.username),
    };
  });
  print({ ...operator, ...warn(warnings) }, options, renderOperator);
}

async function remove(
  name: string,
  { yes = false, ...options }: OutputOptions & ConfirmOptions,
): Promise<void> {
  const { username, warnings } = await withChanges(options, async (context) => {
    const { id, username } = await findUser(context, name);
    await confirm(`Take the role from ${username}?`, { yes });
    await (await context.operators()).remove(id, context.operator);
    return { username, warnings: warningsOf(context, username) };
  });
  const result = { username, removed: true, ...warn(warnings) };
  print(result, options, () => 'Removed; it holds from the next request.');
}

/** What a start undoes. */
function warningsOf({ config }: OperatorContext, username: string): string[] {
  const declared = config.declaration.users.find(
    (user) => user.operator && normaliseName(user.username) === username,
  );
  return declared
    ? ['The declarative file declares the role of this user, so the next start restores it.']
    : [];
}

/** An operator for display. */
export async function describe(
  { store }: Pick<OperatorContext, 'store'>,
  { userId, role, projects, since, by }: Operator,
) {
  const username = (await store.users.find(userId))?.username;
  return { user_id: userId, username, role, projects, since: iso(since), by };
}

export function renderOperator({
  username,
  role,
  projects = [],
  since,
  by,
  user_id,
}: Awaited<ReturnType<typeof describe>>): string {
  return card({
    ...{ username, role, projects: projects.join(' '), since: instant(since) },
    ...{ 'given by': by, id: user_id },
  });
}
