/**
 * `cardea clients`: the clients in the store. Each start resets the clients that the declarative file declares.
 */
import type { Command } from 'commander';
import { nearest } from '../config/problems.ts';
import { clientMembers, isClientMember } from '../config/schema/client_metadata.ts';
import { durationText } from '../definitions/durations.ts';
import { clientSecretOverlap } from '../definitions/lifetimes.ts';
import { CardeaError } from '../errors.ts';
import type { ClientRecord } from '../storage/clients.ts';
import { type OperatorContext, withChanges, withContext } from './context.ts';
import {
  changesFrom,
  type MetadataOptions,
  withMetadataOptions,
} from './records/client_options.ts';
import {
  describeClient,
  remarkOnDeclaredSecret,
  renderClient,
  secretLine,
} from './records/client_view.ts';
import { declaredText, explainMissing, warn } from './records/declared.ts';
import { registerInitialAccessToken } from './records/initial_access_token.ts';
import { durationOption } from './terminal/duration_option.ts';
import { UsageError } from './terminal/failures.ts';
import { type ConfirmOptions, confirm } from './terminal/input.ts';
import {
  destructive,
  instant,
  type OutputOptions,
  print,
  type RecordOptions,
  remark,
  subcommand,
  table,
  withYaml,
} from './terminal/output.ts';
import { type PageOptions, withPaging } from './terminal/paging.ts';

export function register(command: Command): void {
  withPaging(subcommand(command, 'list', 'list clients by id')).action(list);
  withYaml(subcommand(command, 'show <client-id>', 'one client')).action(show);
  withMetadataOptions(subcommand(command, 'create', 'add a client; shows its secret once'))
    .option('--id <client-id>', 'its client_id (default: random)')
    .action(create);
  withMetadataOptions(subcommand(command, 'update <client-id>', 'change members of a client'))
    .option('--unset <member...>', 'remove members')
    .action(update);
  subcommand(command, 'rotate-secret <client-id>', 'create a new secret; shows it once')
    .addOption(
      durationOption(
        '--overlap <duration>',
        'how long the old one stays valid',
        durationText(clientSecretOverlap),
      ),
    )
    .action(rotateSecret);
  destructive(command, 'disable <client-id>', 'block a client and revoke its tokens').action(
    disable,
  );
  subcommand(command, 'enable <client-id>', 'let a disabled client in again').action(enable);
  destructive(command, 'delete <client-id>', 'delete a client and revoke its tokens').action(
    remove,
  );
  registerInitialAccessToken(command);
}

async function list({ after, limit, ...options }: PageOptions): Promise<void> {
  const { described, next } = await withContext(async (context) => {
    const room = await context.clients();
    const { items, next } = await room.list({ after, limit });
    const { client } = await context.declared();
    const uses = await room.lastUses(items.map(({ clientId }) => clientId));
    const described = items.map((record) => ({
      ...describeClient(record, uses.get(record.clientId)),
      declared: client(record.clientId),
    }));
    return { described, next };
  });
  print(described, options, () =>
    table(
      ['CLIENT ID', 'NAME', 'SOURCE', 'STATE', 'GRANT TYPES'],
      described.map((client) => [
        client.client_id,
        String(client.metadata.client_name ?? ''),
        client.declared === 'no_longer' ? declaredText(client.declared) : client.source,
        client.disabled_at ? 'disabled' : 'enabled',
        [client.metadata.grant_types ?? []].flat().join(' '),
      ]),
    ),
  );
  if (next) remark(`There are more: --after ${next}`);
}

async function show(clientId: string, { yaml, ...options }: RecordOptions): Promise<void> {
  const { client, text } = await withContext(async (context) => {
    const record = await findClient(context, clientId);
    const text = yaml ? await (await context.yaml()).client(record) : undefined;
    return { ...(await describe(context, record)), text };
  });
  print(client, options, (shown) => text?.trimEnd() ?? renderClient(shown));
}

async function create({ id, json, ...metadata }: MetadataOptions & { id?: string }): Promise<void> {
  const created = await withChanges({ json }, async ({ clients, operator }) => {
    const changes = await changesFrom(metadata);
    const client = { ...(id && { clientId: id }), metadata: changes };
    const { record, secret } = await (await clients()).create(client, operator);
    return { ...describeClient(record), client_secret: secret };
  });
  print(created, { json }, ({ client_secret, ...client }) =>
    [renderClient(client), secretLine(client_secret)].filter(Boolean).join('\n\n'),
  );
}

async function update(
  clientId: string,
  { unset = [], json, ...metadata }: MetadataOptions & { unset?: string[] },
): Promise<void> {
  for (const name of unset) requireMember(name);
  const { client, isDeclared } = await withChanges({ json }, async (context) => {
    const given = await changesFrom(metadata);
    for (const name of Object.keys(given)) requireMember(name);
    const removed = Object.fromEntries(unset.map((name) => [name, null]));
    const changes = { ...given, ...removed };
    if (Object.keys(changes).length === 0) throw new UsageError('name at least one change');
    const record = await (await context.clients()).update(clientId, changes, context.operator);
    return describe(context, record);
  });
  const warnings = isDeclared
    ? ['The declarative file declares this client, so the next start restores its values.']
    : [];
  print({ ...client, ...warn(warnings) }, { json }, () => renderClient(client));
}

/** Without this check, a misspelled name would be stored or removed silently. */
function requireMember(name: string): void {
  if (isClientMember(name)) return;
  const meant = nearest(name, clientMembers);
  throw new UsageError(`unknown client member ${name}${meant ? `: did you mean ${meant}?` : ''}`);
}

/** The client, and whether the declarative file declares it. */
async function describe(context: OperatorContext, record: ClientRecord) {
  const { clientId } = record;
  const declared = (await context.declared()).client(clientId);
  const uses = await (await context.clients()).lastUses([clientId]);
  const client = { ...describeClient(record, uses.get(clientId)), declared };
  return { client, isDeclared: declared === 'yes' };
}

async function rotateSecret(
  clientId: string,
  { overlap, ...options }: OutputOptions & { overlap: number },
): Promise<void> {
  const { record, secret } = await withChanges(options, async ({ clients, operator }) =>
    (await clients()).rotateSecret(clientId, { overlapSeconds: overlap }, operator),
  );
  remarkOnDeclaredSecret(record.source);
  const [, before] = describeClient(record).secrets;
  const until = before?.expires_at;
  const result = {
    ...{ client_id: clientId, client_secret: secret, old_valid_for: overlap },
    ...(until !== undefined && { old_valid_until: until }),
  };
  const old =
    overlap > 0
      ? `The previous secret stays valid until ${instant(until)}. If it leaked, end it now: cardea clients rotate-secret ${clientId} --overlap 0`
      : 'No earlier secret is valid anymore.';
  const tokens = `Tokens issued with an earlier secret stay valid. To revoke them: cardea revoke client ${clientId}`;
  print(result, options, () => [secretLine(secret), old, tokens].join('\n'));
}

type DestructiveOptions = OutputOptions & ConfirmOptions;

async function disable(
  clientId: string,
  { yes = false, ...options }: DestructiveOptions,
): Promise<void> {
  await withChanges(options, async (context) => {
    const room = await context.clients();
    await findClient(context, clientId);
    await confirm(`Disable the client ${clientId} and revoke its tokens?`, { yes });
    await room.disable(clientId, context.operator);
  });
  print(
    { client_id: clientId, disabled: true },
    options,
    () => 'Disabled; its tokens are revoked.',
  );
}

async function enable(clientId: string, options: OutputOptions): Promise<void> {
  await withChanges(options, async ({ clients, operator }) =>
    (await clients()).enable(clientId, operator),
  );
  print({ client_id: clientId, disabled: false }, options, () => 'Enabled.');
}

async function remove(
  clientId: string,
  { yes = false, ...options }: DestructiveOptions,
): Promise<void> {
  const isDeclared = await withChanges(options, async (context) => {
    const room = await context.clients();
    const { isDeclared } = await describe(context, await findClient(context, clientId));
    await confirm(`Delete the client ${clientId} and revoke its tokens?`, { yes });
    await room.remove(clientId, context.operator);
    return isDeclared;
  });
  const warnings = isDeclared
    ? [
        'The declarative file declares this client, so the next start creates it again. Remove it from the file, or disable it instead.',
      ]
    : [];
  const result = { client_id: clientId, deleted: true, ...warn(warnings) };
  print(result, options, () => 'Deleted; its tokens are revoked.');
}

async function findClient(
  { clients, config }: OperatorContext,
  clientId: string,
): Promise<ClientRecord> {
  const record = await (await clients()).find(clientId);
  if (record) return record;
  const message = 'No such client. To see all: cardea clients list';
  const isDeclared = config.declaration.clients.some(({ client_id }) => client_id === clientId);
  throw explainMissing(
    new CardeaError({ code: 'not_found', status: 404, message }),
    'client',
    isDeclared,
  );
}
