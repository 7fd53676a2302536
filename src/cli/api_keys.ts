/**
 * `cardea api-keys`: the keys in the store, named by their id (or by the key itself, on stdin).
 */

import type { Command } from 'commander';
import { findOwner, keyView, type Owner, scannerPattern } from '../api_keys/room.ts';
import { iso } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import type { ApiKeyRecord } from '../storage/api_keys.ts';
import { type OperatorContext, withChanges, withContext } from './context.ts';
import { fieldsFrom, type KeyOptions, withKeyOptions } from './records/api_key_options.ts';
import { registerUsage } from './records/api_key_usage.ts';
import { findKey } from './records/find_key.ts';
import { findUser } from './records/find_user.ts';
import { revokeApiKey, switchCommand } from './revoke.ts';
import { durationOption } from './terminal/duration_option.ts';
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
  withKeyOptions(subcommand(command, 'create', 'create a key; shows it once'))
    .requiredOption('--name <name>', 'what people call it')
    .option('--api <identifier>', "the API that it is for (default: its project's)")
    .option('--project <project>', "whose key it is (default: the API's own project)")
    .option('--user <user>', 'whose key it is, in place of a project')
    .option('--env <live|test>', 'its environment', 'live')
    .option('--idempotency-key <text>', 'repeating the call with it makes no second key')
    .action(create);
  withPaging(subcommand(command, 'list', 'list keys by id'))
    .option('--project <project>', 'only of this project')
    .option('--user <user>', 'only of this user')
    .action(list);
  subcommand(command, 'show <id>', 'one key').action(show);
  withKeyOptions(subcommand(command, 'update <id>', 'change a key'))
    .option('--name <name>', 'what people call it')
    .option('--no-tier', "back to its project's tier")
    .option('--no-allow-ip', 'from anywhere')
    .option('--no-limits', "back to its tier's limits")
    .action(update);
  subcommand(command, 'rotate <id>', 'create a successor with the same rights; shows it once')
    .addOption(overlapOption())
    .option('--idempotency-key <text>', 'repeating the call with it makes no second key')
    .action(rotate);
  destructive(command, 'disable <id>', 'block a key until it is enabled again').action(disable);
  subcommand(command, 'enable <id>', 'accept a disabled key again').action(enable);
  switchCommand(command, 'revoke <id>', 'revoke a key and every token it was exchanged for').action(
    revokeApiKey,
  );
  registerUsage(command);
  subcommand(command, 'pattern', 'the regular expression that finds keys, for scanners').action(
    pattern,
  );
}

type CreateOptions = KeyOptions & {
  api?: string;
  project?: string;
  user?: string;
  env: string;
  idempotencyKey?: string;
};

/** No default here: the configuration has one. */
function overlapOption() {
  const option = durationOption(
    '--overlap <duration>',
    'how long the old one stays valid, at most 90d',
    '24h',
  );
  return option.default(undefined, 'api_keys.rotation_overlap');
}

async function create({ json, ...options }: CreateOptions): Promise<void> {
  const { env, expires, idempotencyKey } = options;
  if (options.project && options.user) throw new UsageError('give --project or --user, not both');
  if (!options.api && !options.project) throw new UsageError('give --api, or a --project of it');
  const created = await withChanges({ json }, async (context) => {
    const input = {
      ...{ scopes: [], ...fieldsFrom(options), name: options.name, environment: env },
      ...(expires === 'never' ? { expires_at: null } : expires && { expires_in: expires }),
      ...(await ownerFrom(context, options)),
    };
    const making = { ...context.operator, createdBy: 'operator', idempotencyKey };
    const { record, key } = await (await context.apiKeys()).create(input, making);
    const { id, ...view } = keyView(record, { now: context.clock.now() });
    return { id, key, ...view };
  });
  print(created, { json }, ({ key, ...view }) => [renderKey(view), keyLine(key)].join('\n\n'));
}

/** Either `api` or `project` is set. */
async function ownerFrom(context: OperatorContext, { api = '', project, user }: CreateOptions) {
  if (user !== undefined) return { api, user_id: (await findUser(context, user)).id };
  const projects = await context.projects();
  const owner =
    project === undefined
      ? await projects.ownOf(api, context.operator)
      : await projects.get(project);
  return { api: api || owner.api, project_id: owner.id };
}

async function list({
  after,
  limit,
  project,
  user,
  ...options
}: PageOptions & { project?: string; user?: string }): Promise<void> {
  if (project && user) throw new UsageError('give --project or --user, not both');
  const { views, next } = await withContext(async (context) => {
    const room = await context.apiKeys();
    const projectId = project && (await (await context.projects()).get(project)).id;
    const userId = user && (await findUser(context, user)).id;
    const page = await room.list({ projectId, userId, after, limit });
    return { views: await viewsOf(context, page.items), next: page.next };
  });
  print(views, options, () =>
    table(
      ['ID', 'NAME', 'KEY', 'STATE', 'API', 'OWNER', 'EXPIRES', 'LAST USED'],
      views.map((view) => [
        ...[view.id, view.name, view.display, stateText(view), view.api],
        view.project_id ?? view.user_id ?? '',
        instant(view.expires_at),
        instant(view.last_used_at),
      ]),
    ),
  );
  if (next) remark(`There are more: --after ${next}`);
}

async function show(id: string, options: OutputOptions): Promise<void> {
  const view = await withContext(async (context) => viewOf(context, await findKey(context, id)));
  print(view, options, renderKey);
}

async function update(id: string, { json, ...options }: KeyOptions): Promise<void> {
  const { name, expires } = options;
  const fields = { ...fieldsFrom(options), ...(name !== undefined && { name }) };
  if (Object.keys(fields).length === 0 && expires === undefined) {
    throw new UsageError('name at least one change');
  }
  const view = await withChanges({ json }, async (context) => {
    const record = await findKey(context, id);
    const end = expires === 'never' ? null : expires && context.clock.now() + expires * 1000;
    const input = { ...fields, ...(end !== undefined && { expires_at: end && iso(end) }) };
    const room = await context.apiKeys();
    return viewOf(context, await room.update(record.id, input, context.operator));
  });
  print(view, { json }, renderKey);
}

async function rotate(
  id: string,
  {
    overlap,
    idempotencyKey,
    ...options
  }: OutputOptions & {
    overlap?: number;
    idempotencyKey?: string;
  },
): Promise<void> {
  const rotated = await withChanges(options, async (context) => {
    const making = { ...context.operator, createdBy: 'operator', idempotencyKey };
    const input = { ...(overlap !== undefined && { overlap }) };
    const { id: old } = await findKey(context, id);
    const result = await (await context.apiKeys()).rotate(old, input, making);
    const now = context.clock.now();
    const replaced = keyView(result.old, { now });
    const { id: successor, ...view } = keyView(result.successor, { now });
    return {
      ...{ id: successor, key: result.key, ...view },
      replaces: { id: old, state: replaced.state, expires_at: replaced.expires_at },
    };
  });
  print(rotated, options, ({ key, replaces, ...view }) => {
    const until = `valid until ${instant(replaces.expires_at)}`;
    const rest = `The previous key (${replaces.id}) is ${replaces.state === 'active' ? until : replaces.state}.`;
    return [renderKey(view), keyLine(key), rest].join('\n\n');
  });
}

async function disable(
  id: string,
  { yes = false, ...options }: OutputOptions & ConfirmOptions,
): Promise<void> {
  const view = await withChanges(options, async (context) => {
    const { id: found } = await findKey(context, id);
    await confirm(`Disable the API key ${found} and revoke every token it was exchanged for?`, {
      yes,
    });
    return viewOf(context, await (await context.apiKeys()).disable(found, context.operator));
  });
  print(view, options, () => 'Disabled.');
}

async function enable(id: string, options: OutputOptions): Promise<void> {
  const view = await withChanges(options, async (context) => {
    const { id: found } = await findKey(context, id);
    return viewOf(context, await (await context.apiKeys()).enable(found, context.operator));
  });
  print(view, options, () =>
    view.state === 'disabled' ? `Enabled, but refused: ${stateText(view)}.` : 'Enabled.',
  );
}

async function pattern(options: OutputOptions): Promise<void> {
  const { declaration } = await loadConfig(process.env);
  const text = scannerPattern(declaration.api_keys.prefix);
  print({ pattern: text }, options, () => text);
}

async function viewsOf(context: OperatorContext, records: readonly ApiKeyRecord[]) {
  const { apiKeys, clock } = context;
  const lastUsed = await (await apiKeys()).lastUses(records.map(({ id }) => id));
  const dependencies = await dependenciesOf(context, records);
  const now = clock.now();
  return records.map((record, at) =>
    keyView(record, { now, dependencies: dependencies[at], lastUsedAt: lastUsed.get(record.id) }),
  );
}

/** Looks up each owner once. */
function dependenciesOf({ store, apis }: OperatorContext, records: readonly ApiKeyRecord[]) {
  const owners = new Map<string, Promise<Owner>>();
  return Promise.all(
    records.map(async (record) => {
      const name = record.projectId ?? record.userId ?? '';
      const owner = owners.get(name) ?? findOwner(record, store);
      owners.set(name, owner);
      return { ...(await owner), api: apis.find(record.api) };
    }),
  );
}

async function viewOf(context: OperatorContext, record: ApiKeyRecord): Promise<View> {
  const [view] = await viewsOf(context, [record]);
  return view ?? keyView(record, { now: context.clock.now() });
}

type View = ReturnType<typeof keyView>;

/** `disabled (project)` if the project is disabled and not the key itself. */
function stateText({ state, disabled_by: by }: View): string {
  return by === undefined || by === 'key' ? state : `${state} (${by})`;
}

function renderKey(view: View): string {
  const { limits } = view;
  return card({
    id: view.id,
    name: view.name,
    key: view.display,
    state: stateText(view),
    api: view.api,
    project: view.project_id,
    user: view.user_id,
    environment: view.environment,
    scopes: view.scopes.join(' ') || 'none',
    tier: view.tier,
    limits: limits && JSON.stringify(limits),
    allow_ips: view.allow_ips.join(' '),
    metadata: Object.keys(view.metadata).length > 0 ? JSON.stringify(view.metadata) : undefined,
    replaced_by: view.replaced_by,
    created: `${instant(view.created_at)} by ${view.created_by}`,
    expires: instant(view.expires_at) || 'never',
    disabled: instant(view.disabled_at),
    revoked: instant(view.revoked_at),
    last_used: instant(view.last_used_at) || 'never',
  });
}

function keyLine(key: string): string {
  return `${key}\n(the API key; shown only once)`;
}
