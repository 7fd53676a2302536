/**
 * `cardea users`: the users in the store, named by username, email or id. Each start resets the users that the
 * declarative file declares.
 */

import type { Command } from 'commander';
import { iso } from '../clock.ts';
import { unreleasedClaims } from '../config/schema/standard_claims.ts';
import type { Declared } from '../declaration/room.ts';
import { normaliseName } from '../definitions/names.ts';
import { CardeaError } from '../errors.ts';
import type { UserRecord } from '../storage/users.ts';
import type { UserChange } from '../users/room.ts';
import { type OperatorContext, withChanges, withContext } from './context.ts';
import { declaredText, explainMissing, warn } from './records/declared.ts';
import { findUser } from './records/find_user.ts';
import { registerInvitations } from './records/invitations.ts';
import { registerSecondFactors } from './records/second_factors.ts';
import { UsageError } from './terminal/failures.ts';
import { type ConfirmOptions, confirm, readJsonObject, readNewPassword } from './terminal/input.ts';
import {
  card,
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
  withPaging(subcommand(command, 'list', 'list users by username')).action(list);
  withYaml(subcommand(command, 'show <user>', 'one user')).action(show);
  withProfile(subcommand(command, 'create <username>', 'add a user'))
    .option('--password-file <file>', 'the password (default: asked for, or stdin)')
    .option('--no-password', 'a user who cannot sign in with a password')
    .action(create);
  withProfile(subcommand(command, 'update <user>', 'change a user'))
    .option('--username <username>', 'another username')
    .option('--no-email', 'remove the email address')
    .action(update);
  subcommand(command, 'set-password <user>', 'set a new password and end all sessions')
    .option('--password-file <file>', 'the password (default: asked for, or stdin)')
    .action(setPassword);
  registerSecondFactors(command);
  registerInvitations(command);
  destructive(command, 'disable <user>', 'block a user and end all sessions').action(disable);
  subcommand(command, 'enable <user>', 'let a disabled user in again').action(enable);
  destructive(command, 'delete <user>', 'remove a user and end all sessions').action(remove);
}

type ProfileOptions = OutputOptions & {
  email?: string | false;
  emailVerified?: boolean;
  claims?: string;
  group?: string[];
  role?: string[];
};

function withProfile(command: Command): Command {
  return command
    .option('--email <address>', 'the email address')
    .option('--email-verified', 'the email address is verified')
    .option('--claims <file>', 'claims as a JSON object; - for stdin')
    .option('--group <name...>', 'groups')
    .option('--role <name...>', 'roles');
}

async function list({ after, limit, ...options }: PageOptions): Promise<void> {
  const { described, next } = await withContext(async (context) => {
    const { users } = context.store;
    const { items, next } = await users.list({ after, limit });
    const { user } = await context.declared();
    return { described: items.map((one) => ({ ...describe(one), declared: user(one) })), next };
  });
  print(described, options, () =>
    table(
      ['USERNAME', 'EMAIL', 'STATE', 'DECLARED', 'ROLES', 'ID'],
      described.map((user) => [
        user.username,
        user.email ?? '',
        user.disabled_at ? 'disabled' : 'enabled',
        declaredText(user.declared),
        user.roles.join(' '),
        user.id,
      ]),
    ),
  );
  if (next) remark(`There are more: --after ${next}`);
}

async function show(name: string, { yaml, ...options }: RecordOptions): Promise<void> {
  const { user, declared, text } = await withContext(async (context) => {
    const known = await findKnown(context, name);
    return { ...known, text: yaml ? await (await context.yaml()).user(known.user) : undefined };
  });
  print({ ...describe(user), declared }, options, (shown) => text?.trimEnd() ?? renderUser(shown));
}

async function create(
  username: string,
  { password, passwordFile, json, ...profile }: ProfileOptions & PasswordOptions,
): Promise<void> {
  const user = await withChanges({ json }, async (context) => {
    const { email, ...rest } = await profileFrom(profile, context);
    const secret = password === false ? undefined : await readNewPassword(passwordFile);
    const newUser = { username, password: secret, email: email ?? undefined, ...rest };
    return (await context.users()).create(newUser, context.operator).catch(asWrongUse);
  });
  print(describe(user), { json }, renderUser);
}

type PasswordOptions = { password?: boolean; passwordFile?: string };

async function update(
  name: string,
  { username, json, ...profile }: ProfileOptions & { username?: string },
): Promise<void> {
  const { user, declared } = await withChanges({ json }, async (context) => {
    const { user, declared } = await findKnown(context, name);
    const change = {
      ...(username !== undefined && { username }),
      ...(await profileFrom(profile, context)),
    };
    if (Object.keys(change).length === 0) throw new UsageError('name at least one change');
    const room = await context.users();
    const changed = await room.update(user.id, change, context.operator).catch(asWrongUse);
    return { user: changed, declared };
  });
  const warnings =
    declared === 'yes'
      ? ['The declarative file declares this user, so the next start restores its values.']
      : [];
  print({ ...describe(user), ...warn(warnings) }, { json }, () => renderUser(describe(user)));
}

async function setPassword(
  name: string,
  { passwordFile, ...options }: OutputOptions & PasswordOptions,
): Promise<void> {
  const { username, warnings } = await withChanges(options, async (context) => {
    const { user, ofFile } = await findKnown(context, name);
    const warnings =
      ofFile?.password !== undefined || ofFile?.password_hash !== undefined
        ? [
            'The declarative file has a password for this user. The next start restores it and ends all sessions again. Change it in the file, too.',
          ]
        : [];
    const room = await context.users();
    const password = await readNewPassword(passwordFile);
    await room.setPassword(user.id, password, context.operator).catch(asWrongUse);
    return { username: user.username, warnings };
  });
  const result = { username, changed: true, ...warn(warnings) };
  print(result, options, () => 'Changed; all sessions have ended.');
}

type DestructiveOptions = OutputOptions & ConfirmOptions;

async function disable(
  name: string,
  { yes = false, ...options }: DestructiveOptions,
): Promise<void> {
  const user = await withChanges(options, async (context) => {
    const { id } = (await findKnown(context, name)).user;
    await confirm(`Disable the user ${name} and end all sessions?`, { yes });
    return (await context.users()).disable(id, context.operator);
  });
  print(describe(user), options, () => 'Disabled; all sessions have ended.');
}

async function enable(name: string, options: OutputOptions): Promise<void> {
  const user = await withChanges(options, async (context) => {
    const { id } = await findUser(context, name);
    return (await context.users()).enable(id, context.operator);
  });
  print(describe(user), options, () => 'Enabled.');
}

async function remove(
  name: string,
  { yes = false, ...options }: DestructiveOptions,
): Promise<void> {
  const { username, declared } = await withChanges(options, async (context) => {
    const { user, declared } = await findKnown(context, name);
    await confirm(`Delete the user ${name} and end all sessions?`, { yes });
    const { username } = await (await context.users()).remove(user.id, context.operator);
    return { username, declared };
  });
  const warnings =
    declared === 'yes'
      ? [
          'The declarative file declares this user, so the next start creates a new one with that name. Remove it from the file, or disable the user instead.',
        ]
      : [];
  const result = { username, deleted: true, ...warn(warnings) };
  print(result, options, () => 'Deleted; all sessions have ended.');
}

/** Turns a complaint about the input into a usage error. */
function asWrongUse(error: unknown): never {
  const isInput =
    error instanceof CardeaError && ['invalid_claims', 'pasted_hash'].includes(error.code);
  throw isInput ? new UsageError(error.message) : error;
}

/** The user that an operator names, and whether the declarative file declares it. */
async function findKnown(context: OperatorContext, name: string) {
  const { users } = context.config.declaration;
  const declaration = (username: string) =>
    users.find((one) => normaliseName(one.username) === username);
  const user = await findUser(context, name).catch((error) => {
    throw explainMissing(error, 'user', declaration(normaliseName(name)) !== undefined);
  });
  const declared = (await context.declared()).user(user);
  return { user, declared, ofFile: declaration(user.username) };
}

async function profileFrom(
  options: ProfileOptions,
  { scopes }: OperatorContext,
): Promise<UserChange> {
  const { email, emailVerified, claims, group, role } = options;
  return {
    ...(email !== undefined && { email: email === false ? null : email }),
    ...(emailVerified !== undefined && { emailVerified }),
    ...(group && { groups: group }),
    ...(role && { roles: role }),
    ...(claims !== undefined && { claims: await readClaims(claims, scopes) }),
  };
}

/** Warns about claims that no app ever receives. */
async function readClaims(
  file: string,
  { isReleased }: OperatorContext['scopes'],
): Promise<Record<string, unknown>> {
  const claims = await readJsonObject(file, '--claims');
  for (const { claim, problem } of unreleasedClaims(claims, isReleased)) {
    remark(`Warning: the claim ${claim} ${problem}.`);
  }
  return claims;
}

/** A user for display. Of the password, only whether there is one. */
function describe(user: UserRecord) {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    email_verified: user.emailVerified,
    has_password: user.passwordHash !== undefined,
    claims: user.claims,
    groups: user.groups ?? [],
    roles: user.roles,
    disabled_at: iso(user.disabledAt),
    created_at: iso(user.createdAt),
    updated_at: iso(user.updatedAt),
  };
}

function renderUser({
  declared = 'no',
  ...user
}: ReturnType<typeof describe> & { declared?: Declared }): string {
  return card({
    username: user.username,
    id: user.id,
    email: user.email && `${user.email}${user.email_verified ? ' (verified)' : ''}`,
    password: user.has_password ? 'set' : 'none',
    claims: Object.keys(user.claims).length > 0 ? JSON.stringify(user.claims) : undefined,
    groups: user.groups.join(' '),
    roles: user.roles.join(' '),
    declared: declared === 'no' ? undefined : declaredText(declared),
    disabled: instant(user.disabled_at),
    created: instant(user.created_at),
    updated: instant(user.updated_at),
  });
}
