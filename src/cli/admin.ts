/**
 * `cardea admin`: the operations of the admin API of a running Cardea, each as a command. They are those of its
 * description, so whatever is added there can be called from here.
 */
import type { Command } from 'commander';
import {
  createAdminClient,
  type DescribedOperation,
  describedOperations,
} from '../admin_client/room.ts';
import { loadAdminAccess } from '../config/admin_access.ts';
import { addOptions, commandNameOf, type GivenOptions, requestOf } from './admin_api/options.ts';
import { printResult } from './admin_api/results.ts';
import { confirm } from './terminal/input.ts';
import { remark, subcommand } from './terminal/output.ts';

export function register(command: Command): void {
  command.addHelpText(
    'after',
    '\nThe credential is CARDEA_ADMIN_KEY or in the file CARDEA_ADMIN_KEY_FILE: an API key or access token for urn:cardea:admin.',
  );
  for (const operation of describedOperations) {
    const { summary, description, params, tag, scopes } = operation;
    const operands = params.map((name) => ` <${name}>`).join('');
    const added = subcommand(command, `${commandNameOf(operation)}${operands}`, summary)
      .summary(summary)
      .description([summary, description].filter(Boolean).join('. '))
      .helpGroup(`${tag}:`)
      .addHelpText('after', `\nNeeds the scope ${scopes.join(' ')}.`);
    addOptions(added, operation);
    added.action(async () => call(operation, added));
  }
}

async function call(operation: DescribedOperation, command: Command): Promise<void> {
  const options: GivenOptions = command.opts();
  const operands = command.processedArgs as string[];
  const request = await requestOf(operation, { operands, options });
  const { issuer, credential } = await loadAdminAccess(process.env, options.issuer);
  const client = createAdminClient({ issuer, credential });
  const { all = false, dryRun = false, yes = false, json = false } = options;
  if (operation.method === 'GET') {
    const pages = all ? await everyPage(client.pages(operation, request)) : undefined;
    printResult(operation, pages ?? (await client.call(operation, request)), options);
    return;
  }
  const name = () => remark(`Issuer ${issuer}${dryRun ? ', dry run' : ''}`);
  // With --json, a failure is one JSON object on stderr and nothing else.
  if (!json) name();
  if (breaks(operation) && !dryRun) {
    await confirm(`${[operation.summary, ...operands].join(' ')}?`, { yes });
  }
  const response = await (dryRun ? client.rehearse : client.call)(operation, request);
  if (json) name();
  printResult(operation, response, options);
}

/** A creation or rotation is also more than one may want to undo, but nothing stops with it. */
function breaks({ isSensitive, isIdempotent }: DescribedOperation): boolean {
  return isSensitive && !isIdempotent;
}

async function everyPage(pages: AsyncIterable<unknown>) {
  const items: unknown[] = [];
  for await (const page of pages) items.push(...(page as { items: unknown[] }).items);
  return { etag: undefined, body: { items, next: null } };
}
