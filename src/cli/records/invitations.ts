/**
 * `cardea users invite` and beside it: people who are to make an account by themselves.
 */
import { type Command, Option } from 'commander';
import { iso } from '../../clock.ts';
import { type Locale, locales } from '../../definitions/locales.ts';
import { CardeaError } from '../../errors.ts';
import type { Invitation } from '../../invitations/room.ts';
import { type OperatorContext, withChanges, withContext } from '../context.ts';
import {
  card,
  instant,
  type OutputOptions,
  print,
  remark,
  subcommand,
  table,
} from '../terminal/output.ts';
import { type PageOptions, withPaging } from '../terminal/paging.ts';

export function registerInvitations(command: Command): void {
  subcommand(command, 'invite <address>', 'send somebody a link with which they make an account')
    .option('--group <name...>', 'groups that the account gets')
    .option('--role <name...>', 'roles that the account gets')
    .addOption(new Option('--language <language>', 'the language of the mail').choices(locales))
    .action(invite);
  withPaging(
    subcommand(command, 'invitations', 'list invitations that can still be accepted'),
  ).action(list);
  subcommand(
    command,
    'withdraw-invitation <invitation>',
    'withdraw an invitation, by its ID',
  ).action(withdraw);
}

async function invite(
  address: string,
  {
    group = [],
    role = [],
    language,
    ...options
  }: OutputOptions & { group?: string[]; role?: string[]; language?: Locale },
): Promise<void> {
  const invitation = await withChanges(options, async (context) => {
    const wanted = { address, groups: group, roles: role, locale: language };
    return (await roomOf(context)).make(wanted, context.operator);
  });
  print(describe(invitation), options, ({ id, email, expires_at: until, groups, roles }) =>
    card({
      ...{ id, email, expires: instant(until) },
      ...{ groups: groups.join(' '), roles: roles.join(' ') },
    }),
  );
  remark('The mail is sent by a running server. The link works once.');
}

async function list({ after, limit, ...options }: PageOptions): Promise<void> {
  const { described, next } = await withContext(async (context) => {
    const page = { limit, ...(after !== undefined && { after }) };
    const { items, next } = await (await roomOf(context)).list(page);
    return { described: items.map(describe), next };
  });
  print(described, options, () =>
    table(
      ['ID', 'EMAIL', 'MADE', 'EXPIRES', 'MADE BY'],
      described.map(({ id, email, created_at: at, expires_at: until, created_by: by }) => [
        ...[id, email, instant(at) ?? '', instant(until) ?? '', by],
      ]),
    ),
  );
  if (next) remark(`There are more: --after ${next}`);
}

async function withdraw(id: string, options: OutputOptions): Promise<void> {
  await withChanges(options, async (context) => {
    if (!(await (await roomOf(context)).withdraw(id, context.operator))) throw noSuchInvitation();
  });
  print({ id, withdrawn: true }, options, () => 'Withdrawn.');
}

async function roomOf(context: OperatorContext) {
  const invitations = await context.invitations();
  if (!invitations) throw noRegistration();
  return invitations;
}

function describe({ id, address, groups, roles, ...rest }: Invitation) {
  return {
    ...{ id, email: address, groups, roles, created_by: rest.createdBy },
    ...{ created_at: iso(rest.createdAt), expires_at: iso(rest.expiresAt) },
  };
}

function noRegistration(): CardeaError {
  return new CardeaError({
    code: 'no_registration',
    status: 409,
    message:
      'Nobody can register at this server. Set registration.mode to open or invitation, and declare mail.',
  });
}

function noSuchInvitation(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'There is no such invitation (any more).',
  });
}
