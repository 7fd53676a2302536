/**
 * `cardea audit`: reads the audit trail.
 */

import { type Command, Option } from 'commander';
import { exportFormats, publicEvent } from '../audit/room.ts';
import { iso } from '../clock.ts';
import type { AuditTarget } from '../storage/audit_events.ts';
import { withContext } from './context.ts';
import { exportEvents } from './records/audit_export.ts';
import { verify } from './records/audit_verification.ts';
import { UsageError } from './terminal/failures.ts';
import { parseInstant } from './terminal/instant_option.ts';
import {
  instant,
  type OutputOptions,
  print,
  remark,
  subcommand,
  table,
} from './terminal/output.ts';
import { pageOf, withLimit } from './terminal/paging.ts';

export function register(command: Command): void {
  withLimit(subcommand(command, 'list', 'list audit events, newest first'))
    .option('--type <type>', 'only this type, for example sign_in.failed')
    .option('--user <user>', 'only about this user')
    .option('--client <client-id>', 'only about this client')
    .option('--actor <actor>', 'only by this actor, for example operator')
    .option('--target <kind:id>', 'only changes of this, for example client:shop')
    .option('--request <id>', 'only of this request')
    .option('--before <time>', 'only before this time (ISO 8601)')
    .option('--before-id <id>', 'with --before: start after this event of the same instant')
    .action(list);
  subcommand(command, 'verify', 'check that no audit event was altered, removed or put in').action(
    verify,
  );
  command
    .command('export')
    .description('write audit events to stdout, newest first')
    .addOption(new Option('--format <format>', 'how').choices(exportFormats).default('jsonl'))
    .option('--from <time>', 'only from this time on (ISO 8601)')
    .option('--until <time>', 'only before this time (ISO 8601)')
    .option('--type <type>', 'only this type, for example sign_in.failed')
    .option('--user <user>', 'only about this user')
    .option('--client <client-id>', 'only about this client')
    .action(exportEvents);
}

type ListOptions = OutputOptions & {
  limit: number;
  type?: string;
  user?: string;
  client?: string;
  actor?: string;
  target?: string;
  request?: string;
  before?: string;
  beforeId?: string;
};

async function list(given: ListOptions) {
  const { limit, type, user, client, actor, request, before, beforeId, ...options } = given;
  const target = options.target === undefined ? undefined : parseTarget(options.target);
  const instantBefore = before === undefined ? undefined : parseInstant('--before', before);
  const { items, next } = await withContext(async ({ store, users }) => {
    // Events outlive users: a value that names no user is taken for the id of a former one.
    const userId = user && ((await (await users()).lookUp(user))?.id ?? user);
    return pageOf(limit, (count) =>
      store.audit.list({
        before: instantBefore,
        beforeId,
        limit: count,
        type,
        userId,
        clientId: client,
        ...{ actor, target, requestId: request },
      }),
    );
  });
  const events = items.map(publicEvent);
  print(events, options, () =>
    table(
      ['TIME', 'TYPE', 'OUTCOME', 'USER', 'CLIENT', 'ACTOR', 'TARGET', 'IP', 'COUNT', 'DETAILS'],
      events.map((event) => [
        instant(event.at),
        event.type,
        event.outcome,
        event.user_id ?? '',
        event.client_id ?? '',
        event.actor ?? '',
        event.target ? `${event.target.kind} ${event.target.id}` : '',
        event.ip ?? '',
        counted(event),
        event.details ? JSON.stringify(event.details) : '',
      ]),
    ),
  );
  if (next) remark(`There are more: --before ${iso(next.at)} --before-id ${next.id}`);
}

/** For a repeated event that is stored once: how often it happened, and when it last did. */
function counted({ count, last_at }: { count?: number; last_at?: string }): string {
  return count === undefined || !last_at ? '' : `${count} until ${instant(last_at)}`;
}

/** `<kind>:<id>`; the id may hold colons. */
function parseTarget(text: string): AuditTarget {
  const [, kind, id] = /^([a-z_]+):(.+)$/.exec(text) ?? [];
  if (!kind || !id) throw new UsageError('--target must be a kind and an id, such as client:shop.');
  return { kind: kind as AuditTarget['kind'], id };
}
