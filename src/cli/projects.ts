/**
 * `cardea projects`: consumers of an API that hold API keys. Named by id or name.
 */

import type { Command } from 'commander';
import { iso } from '../clock.ts';
import type { ProjectRecord } from '../storage/projects.ts';
import { type OperatorContext, withChanges, withContext } from './context.ts';
import { wordsOf } from './records/api_key_options.ts';
import { findUser } from './records/find_user.ts';
import { UsageError } from './terminal/failures.ts';
import { type ConfirmOptions, confirm } from './terminal/input.ts';
import {
  card,
  destructive,
  instant,
  type OutputOptions,
  print,
  remark,
  subcommand,
  table,
} from './terminal/output.ts';
import { type PageOptions, withPaging } from './terminal/paging.ts';

export function register(command: Command): void {
  withProjectOptions(subcommand(command, 'create', 'add a project'))
    .requiredOption('--name <name>', 'its name')
    .requiredOption('--api <identifier>', 'the API that its keys are for')
    .action(create);
  withPaging(subcommand(command, 'list', 'list projects by name')).action(list);
  subcommand(command, 'show <project>', 'one project').action(show);
  withProjectOptions(subcommand(command, 'update <project>', 'change a project'))
    .option('--name <name>', 'another name')
    .option('--no-scope', 'its keys may have every scope of the API')
    .option('--no-tier', 'back to the default tier')
    .option('--no-owner', 'without an owner')
    .option('--no-member', 'without members')
    .action(update);
  destructive(command, 'disable <project>', 'block all keys of a project').action(disable);
  subcommand(command, 'enable <project>', 'accept its keys again').action(enable);
  destructive(command, 'delete <project>', 'remove a project whose keys have all ended').action(
    remove,
  );
}

type ProjectOptions = OutputOptions & {
  name?: string;
  scope?: string[] | false;
  tier?: string | false;
  owner?: string | false;
  member?: string[] | false;
};

function withProjectOptions(command: Command): Command {
  return command
    .option('--scope <scope...>', 'the most that its keys may do (default: all)')
    .option('--tier <tier>', 'the limits of its keys')
    .option('--owner <user>', 'the user who owns it')
    .option('--member <user...>', 'the users who belong to it');
}

async function fieldsFrom(
  context: OperatorContext,
  { name, scope, tier, owner, member }: ProjectOptions,
): Promise<Record<string, unknown>> {
  const idOf = async (user: string) => (await findUser(context, user)).id;
  return {
    ...(name !== undefined && { name }),
    ...(scope !== undefined && { scopes: scope ? wordsOf(scope) : null }),
    ...(tier !== undefined && { tier: tier || null }),
    ...(owner !== undefined && { owner_id: owner ? await idOf(owner) : null }),
    ...(member !== undefined && { member_ids: await Promise.all((member || []).map(idOf)) }),
  };
}

async function create({ api, json, ...options }: ProjectOptions & { api: string }): Promise<void> {
  const project = await withChanges({ json }, async (context) => {
    const input = { ...(await fieldsFrom(context, options)), api };
    return describe(await (await context.projects()).create(input, context.operator));
  });
  print(project, { json }, renderProject);
}

async function list({ after, limit, ...options }: PageOptions): Promise<void> {
  const { items, next } = await withContext(async ({ projects }) => {
    const room = await projects();
    return room.list({ after, limit });
  });
  const described = items.map(describe);
  print(described, options, () =>
    table(
      ['NAME', 'API', 'TIER', 'STATE', 'ID'],
      described.map((project) => [
        ...[project.name, project.api, project.tier ?? ''],
        project.disabled_at ? 'disabled' : 'enabled',
        project.id,
      ]),
    ),
  );
  if (next) remark(`There are more: --after ${next}`);
}

async function show(name: string, options: OutputOptions): Promise<void> {
  const project = await withContext(async ({ projects }) =>
    describe(await (await projects()).get(name)),
  );
  print(project, options, renderProject);
}

async function update(name: string, { json, ...options }: ProjectOptions): Promise<void> {
  const project = await withChanges({ json }, async (context) => {
    const input = await fieldsFrom(context, options);
    if (Object.keys(input).length === 0) throw new UsageError('name at least one change');
    const room = await context.projects();
    const { id } = await room.get(name);
    return describe(await room.update(id, input, context.operator));
  });
  print(project, { json }, renderProject);
}

async function disable(
  name: string,
  { yes = false, ...options }: OutputOptions & ConfirmOptions,
): Promise<void> {
  const project = await withChanges(options, async ({ projects, operator }) => {
    const room = await projects();
    const { id } = await room.get(name);
    await confirm(`Disable the project ${name} and with it all of its keys?`, { yes });
    return describe(await room.disable(id, operator));
  });
  print(project, options, () => 'Disabled; its keys are refused.');
}

async function enable(name: string, options: OutputOptions): Promise<void> {
  const project = await withChanges(options, async ({ projects, operator }) => {
    const room = await projects();
    return describe(await room.enable((await room.get(name)).id, operator));
  });
  print(project, options, () => 'Enabled.');
}

async function remove(
  name: string,
  { yes = false, ...options }: OutputOptions & ConfirmOptions,
): Promise<void> {
  const id = await withChanges(options, async ({ projects, operator }) => {
    const room = await projects();
    const project = await room.get(name);
    await confirm(`Delete the project ${name}?`, { yes });
    await room.remove(project.id, operator);
    return project.id;
  });
  print({ id, deleted: true }, options, () => 'Deleted.');
}

function describe(project: ProjectRecord) {
  return {
    id: project.id,
    name: project.name,
    api: project.api,
    scopes: project.scopes,
    tier: project.tier,
    owner_id: project.ownerId,
    member_ids: project.memberIds,
    disabled_at: iso(project.disabledAt),
    created_at: iso(project.createdAt),
    updated_at: iso(project.updatedAt),
  };
}

function renderProject(project: ReturnType<typeof describe>): string {
  return card({
    name: project.name,
    id: project.id,
    api: project.api,
    scopes: project.scopes ? project.scopes.join(' ') || 'none' : 'all of the API',
    tier: project.tier,
    owner: project.owner_id,
    members: project.member_ids.join(' '),
    disabled: instant(project.disabled_at),
    created: instant(project.created_at),
    updated: instant(project.updated_at),
  });
}
