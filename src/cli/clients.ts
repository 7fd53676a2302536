/**
 * `cardea clients`: the clients in the store. A client that the declarative file names is set back to the
 * file at each start.
 */
import type { Command } from 'commander';
import type { Clients } from '../clients/service.ts';
import { CardeaError } from '../errors.ts';
import type { ClientRecord } from '../storage/clients.ts';
import { changesFrom, type MetadataOptions, withMetadataOptions } from './client_options.ts';
import {
  describeClient,
  remarkOnDeclaredSecret,
  remarkOnFile,
  renderClient,
  secretLine,
} from './client_view.ts';
import { type OperatorContext, withChanges, withContext } from './context.ts';
import { durationOption } from './duration_option.ts';
import { registerInitialAccessToken } from './initial_access_token.ts';
import { type ConfirmOptions, confirm } from './input.ts';
import { destructive, type OutputOptions, print, remark, subcommand, table } from './output.ts';
import { type PageOptions, pageOf, withPaging } from './paging.ts';

export function register(command: Command): void {
  withPaging(subcommand(command, 'list', 'clients by their id')).action(list);
  subcommand(command, 'show <client-id>', 'one client').action(show);
  withMetadataOptions(subcommand(command, 'create', 'add a client; shows its secret once'))
    .option('--id <client-id>', 'its client_id (default: random)')
    .action(create);
  withMetadataOptions(subcommand(command, 'update <client-id>', 'change members of a client'))
    .option('--unset <member...>', 'remove members')
    .action(update);
  subcommand(command, 'rotate-secret <client-id>', 'give a new secret; shows it once')
    .addOption(durationOption('--overlap <duration>', 'how long the old one stays valid', '1d'))
    .action(rotateSecret);
  destructive(command, 'disable <client-id>', 'refuse a client and end its tokens').action(disable);
  subcommand(command, 'enable <client-id>', 'let a disabled client in again').action(enable);
  destructive(command, 'delete <client-id>', 'remove a client and end its tokens').action(remove);
  registerInitialAccessToken(command);
}

async function list({ after, limit, ...options }: PageOptions): Promise<void> {
  const { items, next } = await withContext(async ({ clients }) => {
    const room = await clients();
    return pageOf(limit, (count) => room.list({ ...(after && { after }), limit: count }));
  });
  const described = items.map(describeClient);
  print(described, options, () =>
    table(
      ['CLIENT ID', 'NAME', 'SOURCE', 'STATE', 'GRANT TYPES'],
      described.map((client) => [
        client.client_id,
        String(client.metadata.client_name ?? ''),
        client.source,
        client.disabled_at ? 'disabled' : 'enabled',
        [client.metadata.grant_types ?? []].flat().join(' '),
      ]),
    ),
  );
  if (next) remark(`There are more: --after ${next.clientId}`);
}

async function show(clientId: string, options: OutputOptions): Promise<void> {
  const client = await withContext(async ({ clients }) =>
    describeClient(await findClient(await clients(), clientId)),
  );
  print(client, options, renderClient);
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
  const client = await withChanges({ json }, async ({ clients, operator }) => {
    const removed = Object.fromEntries(unset.map((name) => [name, null]));
    const changes = { ...(await changesFrom(metadata)), ...removed };
    return describeClient(await (await clients()).update(clientId, changes, operator));
  });
  remarkOnFile(client.source);
  print(client, { json }, renderClient);
}

async function rotateSecret(
  clientId: string,
  { overlap, ...options }: OutputOptions & { overlap: number },
): Promise<void> {
  const { record, secret } = await withChanges(options, async ({ clients, operator }) =>
    (await clients()).rotateSecret(clientId, { overlapSeconds: overlap }, operator),
  );
  remarkOnDeclaredSecret(record.source);
  const result = { client_id: clientId, client_secret: secret, old_valid_for: overlap };
  print(result, options, () =>
    [secretLine(secret), `The one before it is valid for ${overlap} more seconds.`].join('\n'),
  );
}

type DestructiveOptions = OutputOptions & ConfirmOptions;

async function disable(
  clientId: string,
  { yes = false, ...options }: DestructiveOptions,
): Promise<void> {
  await withChanges(options, async (context) => {
    const room = await context.clients();
    await findClient(room, clientId);
    await confirm(`Refuse the client ${clientId} and end its tokens?`, { yes });
    await changeAndRevoke(context, clientId, 'clients disable', () =>
      room.disable(clientId, context.operator),
    );
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
  await withChanges(options, async (context) => {
    const room = await context.clients();
    await findClient(room, clientId);
    await confirm(`Delete the client ${clientId} and end its tokens?`, { yes });
    await changeAndRevoke(context, clientId, 'clients delete', () =>
      room.remove(clientId, context.operator),
    );
  });
  print({ client_id: clientId, deleted: true }, options, () => 'Deleted; its tokens are revoked.');
}

async function findClient(room: Clients, clientId: string): Promise<ClientRecord> {
  const record = await room.find(clientId);
  if (record) return record;
  throw new CardeaError({ code: 'not_found', status: 404, message: 'There is no such client.' });
}

async function changeAndRevoke(
  { killSwitches, operator }: OperatorContext,
  clientId: string,
  reason: string,
  change: () => Promise<void>,
): Promise<void> {
  const order = { type: 'revocation.client', clientId, reason, ...operator } as const;
  await (await killSwitches()).changeAndRevoke({ clientId }, order, change);
}
