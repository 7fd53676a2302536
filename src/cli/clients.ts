/**
 * `cardea clients`: the clients in the store. A client that the declarative file names is set back to the
 * file at each start.
 */
import { type Command, Option } from 'commander';
import { CardeaError } from '../errors.ts';
import type { ClientRecord } from '../storage/clients.ts';
import { changesFrom, type MetadataOptions, withMetadataOptions } from './client_options.ts';
import { withContext } from './context.ts';
import { UsageError } from './failures.ts';
import { confirm } from './input.ts';
import {
  card,
  instant,
  iso,
  type OutputOptions,
  print,
  remark,
  subcommand,
  table,
} from './output.ts';
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
    .addOption(
      new Option('--overlap <seconds>', 'how long the old one stays valid')
        .default(86_400)
        .argParser(wholeSeconds),
    )
    .action(rotateSecret);
  subcommand(command, 'disable <client-id>', 'refuse a client and end its tokens').action(disable);
  subcommand(command, 'enable <client-id>', 'let a disabled client in again').action(enable);
  subcommand(command, 'delete <client-id>', 'remove a client and end its tokens').action(remove);
}

async function list({ after, limit, ...options }: PageOptions): Promise<void> {
  const { items, next } = await withContext(async ({ clients }) => {
    const room = await clients();
    return pageOf(limit, (count) => room.list({ ...(after && { after }), limit: count }));
  });
  const described = items.map(describe);
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
  const client = await withContext(async ({ clients }) => {
    const record = await (await clients()).find(clientId);
    if (record) return describe(record);
    throw new CardeaError({ code: 'not_found', status: 404, message: 'There is no such client.' });
  });
  print(client, options, renderClient);
}

async function create({ id, json, ...metadata }: MetadataOptions & { id?: string }): Promise<void> {
  const created = await withContext(async ({ clients, operator }) => {
    const changes = await changesFrom(metadata);
    const client = { ...(id && { clientId: id }), metadata: changes };
    const { record, secret } = await (await clients()).create(client, operator);
    return { ...describe(record), client_secret: secret };
  });
  print(created, { json }, ({ client_secret, ...client }) =>
    [renderClient(client), secretLine(client_secret)].filter(Boolean).join('\n\n'),
  );
}

async function update(
  clientId: string,
  { unset = [], json, ...metadata }: MetadataOptions & { unset?: string[] },
): Promise<void> {
  const client = await withContext(async ({ clients, operator }) => {
    const removed = Object.fromEntries(unset.map((name) => [name, null]));
    const changes = { ...(await changesFrom(metadata)), ...removed };
    return describe(await (await clients()).update(clientId, changes, operator));
  });
  remarkOnFile(client.source);
  print(client, { json }, renderClient);
}

async function rotateSecret(
  clientId: string,
  { overlap, ...options }: OutputOptions & { overlap: number },
): Promise<void> {
  const { record, secret } = await withContext(async ({ clients, operator }) =>
    (await clients()).rotateSecret(clientId, { overlapSeconds: overlap }, operator),
  );
  remarkOnFile(record.source);
  const result = { client_id: clientId, client_secret: secret, old_valid_for: overlap };
  print(result, options, () =>
    [secretLine(secret), `The one before it is valid for ${overlap} more seconds.`].join('\n'),
  );
}

async function disable(clientId: string, options: OutputOptions): Promise<void> {
  await withContext(async ({ clients, revocations, operator }) => {
    await (await clients()).disable(clientId, operator);
    await (await revocations()).revoke({ clientId });
  });
  print(
    { client_id: clientId, disabled: true },
    options,
    () => 'Disabled; its tokens are revoked.',
  );
}

async function enable(clientId: string, options: OutputOptions): Promise<void> {
  await withContext(async ({ clients, operator }) => (await clients()).enable(clientId, operator));
  print({ client_id: clientId, disabled: false }, options, () => 'Enabled.');
}

async function remove(clientId: string, options: OutputOptions): Promise<void> {
  await confirm(`Delete the client ${clientId}?`);
  await withContext(async ({ clients, revocations, operator }) => {
    await (await clients()).remove(clientId, operator);
    await (await revocations()).revoke({ clientId });
  });
  print({ client_id: clientId, deleted: true }, options, () => 'Deleted; its tokens are revoked.');
}

function remarkOnFile(source: ClientRecord['source']): void {
  if (source !== 'file') return;
  remark('The declarative file names this client: at the next start its values come back.');
}

/** A client as it may be shown: of its secrets only when they were made. */
function describe(record: ClientRecord) {
  return {
    client_id: record.clientId,
    metadata: record.metadata,
    source: record.source,
    disabled_at: iso(record.disabledAt),
    secrets: record.secretHashes.map(({ createdAt, expiresAt }) => ({
      created_at: iso(createdAt),
      expires_at: iso(expiresAt),
    })),
    created_at: iso(record.createdAt),
    updated_at: iso(record.updatedAt),
  };
}

function renderClient(client: ReturnType<typeof describe>): string {
  const members = Object.entries(client.metadata).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return card({
    client_id: client.client_id,
    ...Object.fromEntries(members),
    secrets: client.secrets
      .map(({ created_at, expires_at }) =>
        expires_at ? `until ${instant(expires_at)}` : `since ${instant(created_at)}`,
      )
      .join(', '),
    source: client.source,
    disabled: instant(client.disabled_at),
    created: instant(client.created_at),
    updated: instant(client.updated_at),
  });
}

function secretLine(secret: string | undefined): string {
  return secret ? `client_secret  ${secret}\n(shown this once)` : '';
}

function wholeSeconds(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError('--overlap is a whole number of seconds');
}
