/**
 * `cardea audit`: reads the audit trail.
 */

import type { Command } from 'commander';
import { iso } from '../clock.ts';
import { withContext } from './context.ts';
import { verify } from './records/audit_verification.ts';
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
    .option('--before <time>', 'only before this time (ISO 8601)')
    .option('--before-id <id>', 'with --before: start after this event of the same instant')
    .action(list);
  subcommand(command, 'verify', 'check that no audit event was altered, removed or put in').action(
    verify,
  );
}

type ListOptions = OutputOptions & {
  limit: number;
  type?: string;
  user?: string;
  client?: string;
  before?: string;
  beforeId?: string;
};

async function list({ limit, type, user, client, before, beforeId, ...options }: ListOptions) {
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
      }),
    );
  });
  const events = items.map((event) => ({
    id: event.id,
    at: iso(event.at),
    type: event.type,
    outcome: event.outcome,
    user_id: event.userId,
    client_id: event.clientId,
    actor: event.actor,
    ip: event.ip,
    request_id: event.requestId,
    details: event.details,
    count: event.count,
    last_at: iso(event.lastAt),
  }));
  print(events, options, () =>
    table(
      ['TIME', 'TYPE', 'OUTCOME', 'USER', 'CLIENT', 'ACTOR', 'IP', 'COUNT', 'DETAILS'],
      events.map((event) => [
        instant(event.at),
        event.type,
        event.outcome,
        event.user_id ?? '',
        event.client_id ?? '',
        event.actor ?? '',
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
