/**
 * `cardea users second-factors` and beside it: what an operator does for a person who has lost their second factors.
 */
import type { Command } from 'commander';
import type { SetupLink } from '../../authentication/room.ts';
import { iso } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import { withChanges, withContext } from '../context.ts';
import { type ConfirmOptions, confirm } from '../terminal/input.ts';
import {
  card,
  destructive,
  instant,
  type OutputOptions,
  print,
  remark,
  subcommand,
  table,
} from '../terminal/output.ts';
import { findUser } from './find_user.ts';

export function registerSecondFactors(command: Command): void {
  subcommand(
    command,
    'second-factors <user>',
    'what a user signs in with besides a password',
  ).action(show);
  destructive(
    command,
    'remove-second-factors <user>',
    'remove all second factors of a user and end all sessions',
  ).action(removeAll);
  subcommand(
    command,
    'setup-link <user>',
    'make a link with which a user sets up a new second factor',
  ).action(makeLink);
  subcommand(command, 'setup-links <user>', 'list such links').action(listLinks);
  subcommand(command, 'withdraw-setup-link <user> <link>', 'withdraw such a link').action(
    withdrawLink,
  );
}

async function show(name: string, options: OutputOptions): Promise<void> {
  const factors = await withContext(async (context) => {
    const user = await findUser(context, name);
    const { authenticators, trustedBrowsers } = await context.authentication();
    const owned = await authenticators.find(user.id);
    return {
      authenticator_apps: owned?.totps.length ?? 0,
      passkeys: owned?.passkeys.length ?? 0,
      recovery_codes_left: owned?.recoveryCodes?.hashes.length ?? 0,
      trusted_browsers: (await trustedBrowsers.list(user)).length,
    };
  });
  print(factors, options, () =>
    card({
      'authenticator apps': String(factors.authenticator_apps),
      passkeys: String(factors.passkeys),
      'recovery codes left': String(factors.recovery_codes_left),
      'trusted browsers': String(factors.trusted_browsers),
    }),
  );
}

async function removeAll(
  name: string,
  { yes = false, ...options }: OutputOptions & ConfirmOptions,
): Promise<void> {
  const { username } = await withChanges(options, async (context) => {
    const user = await findUser(context, name);
    await confirm(`Remove all second factors of ${name} and end all sessions?`, { yes });
    await (await context.lostFactors()).removeAll(user, context.operator);
    return user;
  });
  print({ username, removed: true }, options, () => 'Removed; all sessions have ended.');
}

async function makeLink(name: string, options: OutputOptions): Promise<void> {
  const { url, ...link } = await withChanges(options, async (context) => {
    const user = await findUser(context, name);
    return (await context.lostFactors()).makeLink(user, context.operator);
  });
  print({ ...describe(link), url }, options, () => url);
  remark('Give it to the person alone. It works once, for a day, and asks for the password.');
}

async function listLinks(name: string, options: OutputOptions): Promise<void> {
  const links = await withContext(async (context) => {
    const { id } = await findUser(context, name);
    return (await (await context.lostFactors()).listLinks(id)).map(describe);
  });
  print(links, options, () =>
    table(
      ['ID', 'MADE', 'EXPIRES', 'MADE BY'],
      links.map(({ id, created_at: at, expires_at: until, created_by: by }) => [
        ...[id, instant(at) ?? '', instant(until) ?? '', by],
      ]),
    ),
  );
}

async function withdrawLink(name: string, link: string, options: OutputOptions): Promise<void> {
  await withChanges(options, async (context) => {
    const { id } = await findUser(context, name);
    const links = await context.lostFactors();
    if (!(await links.withdrawLink({ id, by: context.operator }, link))) throw noSuchLink();
  });
  print({ id: link, withdrawn: true }, options, () => 'Withdrawn.');
}

function describe({ id, createdBy, createdAt, expiresAt }: SetupLink) {
  return { id, created_by: createdBy, created_at: iso(createdAt), expires_at: iso(expiresAt) };
}

function noSuchLink(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'There is no such link (any more).',
  });
}
