/**
 * `cardea users`: the users in the store, named by username, email or id. A user that the declarative file
 * names is set back to the file at each start.
 */
import type { Command } from 'commander';
import type { UserRecord } from '../storage/users.ts';
import type { UserChange } from '../users/service.ts';
import { type OperatorContext, withChanges, withContext } from './context.ts';
import { findUser } from './find_user.ts';
import { type ConfirmOptions, confirm, readJsonObject, readNewPassword } from './input.ts';
import {
  card,
  destructive,
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
  withPaging(subcommand(command, 'list', 'users by their username')).action(list);
  subcommand(command, 'show <user>', 'one user').action(show);
  withProfile(subcommand(command, 'create <username>', 'add a user'))
    .option('--password-file <file>', 'the password (default: asked for, or stdin)')
    .option('--no-password', 'a user who cannot sign in with a password')
    .action(create);
  withProfile(subcommand(command, 'update <user>', 'change a user'))
    .option('--username <username>', 'another username')
    .option('--no-email', 'remove the email address')
    .action(update);
  subcommand(command, 'set-password <user>', 'give a new password and end all sessions')
    .option('--password-file <file>', 'the password (default: asked for, or stdin)')
    .action(setPassword);
  destructive(command, 'disable <user>', 'refuse a user and end all sessions').action(disable);
  subcommand(command, 'enable <user>', 'let a disabled user in again').action(enable);
  destructive(command, 'delete <user>', 'remove a user and end all sessions').action(remove);
}

type ProfileOptions = OutputOptions & {
  email?: string | false;
  emailVerified?: boolean;
  claims?: string;
  role?: string[];
};

function withProfile(command: Command): Command {
  return command
    .option('--email <address>', 'the email address')
    .option('--email-verified', 'the address was proved')
    .option('--claims <file>', 'standard claims as a JSON object; - for stdin')
    .option('--role <name...>', 'roles');
}

async function list({ after, limit, ...options }: PageOptions): Promise<void> {
  const { items, next } = await withContext(({ store }) =>
    pageOf(limit, (count) => store.users.list({ after, limit: count })),
  );
  const described = items.map(describe);
  print(described, options, () =>
    table(
      ['USERNAME', 'EMAIL', 'STATE', 'ROLES', 'ID'],
      described.map((user) => [
        user.username,
        user.email ?? '',
        user.disabled_at ? 'disabled' : 'enabled',
        user.roles.join(' '),
        user.id,
      ]),
    ),
  );
  if (next) remark(`There are more: --after ${next.username}`);
}

async function show(name: string, options: OutputOptions): Promise<void> {
  const user = await withContext(({ store }) => findUser(store.users, name));
  print(describe(user), options, renderUser);
}

async function create(
  username: string,
  { password, passwordFile, json, ...profile }: ProfileOptions & PasswordOptions,
): Promise<void> {
  const user = await withChanges({ json }, async ({ users, operator }) => {
    const { email, ...rest } = await profileFrom(profile);
    const secret = password === false ? undefined : await readNewPassword(passwordFile);
    const newUser = { username, password: secret, email: email ?? undefined, ...rest };
    return (await users()).create(newUser, operator);
  });
  print(describe(user), { json }, renderUser);
}

type PasswordOptions = { password?: boolean; passwordFile?: string };

async function update(
  name: string,
  { username, json, ...profile }: ProfileOptions & { username?: string },
): Promise<void> {
  const user = await withChanges({ json }, async ({ store, users, operator }) => {
    const { id } = await findUser(store.users, name);
    return (await users()).update(id, { username, ...(await profileFrom(profile)) }, operator);
  });
  print(describe(user), { json }, renderUser);
}

async function setPassword(
  name: string,
  { passwordFile, ...options }: OutputOptions & PasswordOptions,
): Promise<void> {
  const username = await withChanges(options, async (context) => {
    const { id, username } = await findUser(context.store.users, name);
    const room = await context.users();
    const password = await readNewPassword(passwordFile);
    room.assertUsablePassword(password);
    await changeAndRevoke(context, id, 'users set-password', () =>
      room.setPassword(id, password, context.operator),
    );
    return username;
  });
  print({ username, changed: true }, options, () => 'Changed; all sessions have ended.');
}

type DestructiveOptions = OutputOptions & ConfirmOptions;

async function disable(
  name: string,
  { yes = false, ...options }: DestructiveOptions,
): Promise<void> {
  const user = await withChanges(options, async (context) => {
    const { id } = await findUser(context.store.users, name);
    await confirm(`Refuse the user ${name} and end all sessions?`, { yes });
    const room = await context.users();
    return changeAndRevoke(context, id, 'users disable', () => room.disable(id, context.operator));
  });
  print(describe(user), options, () => 'Disabled; all sessions have ended.');
}

async function enable(name: string, options: OutputOptions): Promise<void> {
  const user = await withChanges(options, async ({ store, users, operator }) => {
    const { id } = await findUser(store.users, name);
    return (await users()).enable(id, operator);
  });
  print(describe(user), options, () => 'Enabled.');
}

async function remove(
  name: string,
  { yes = false, ...options }: DestructiveOptions,
): Promise<void> {
  const { username } = await withChanges(options, async (context) => {
    const user = await findUser(context.store.users, name);
    await confirm(`Delete the user ${name} and end all sessions?`, { yes });
    const room = await context.users();
    await changeAndRevoke(context, user.id, 'users delete', () =>
      room.remove(user.id, context.operator),
    );
    return user;
  });
  print({ username, deleted: true }, options, () => 'Deleted; all sessions have ended.');
}

async function changeAndRevoke<T>(
  { killSwitches, operator }: OperatorContext,
  userId: string,
  reason: string,
  change: () => Promise<T>,
): Promise<T> {
  const order = { type: 'revocation.user', userId, reason, ...operator } as const;
  return (await killSwitches()).changeAndRevoke({ accountId: userId }, order, change);
}

async function profileFrom(options: ProfileOptions): Promise<UserChange> {
  const { email, emailVerified, claims, role } = options;
  return {
    ...(email !== undefined && { email: email === false ? null : email }),
    ...(emailVerified !== undefined && { emailVerified }),
    ...(role && { roles: role }),
    ...(claims !== undefined && { claims: await readJsonObject(claims, '--claims') }),
  };
}

/** A user as it may be shown: of the password only whether there is one. */
function describe(user: UserRecord) {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    email_verified: user.emailVerified,
    has_password: user.passwordHash !== undefined,
    claims: user.claims,
    roles: user.roles,
    disabled_at: iso(user.disabledAt),
    created_at: iso(user.createdAt),
    updated_at: iso(user.updatedAt),
  };
}

function renderUser(user: ReturnType<typeof describe>): string {
  return card({
    username: user.username,
    id: user.id,
    email: user.email && `${user.email}${user.email_verified ? ' (verified)' : ''}`,
    password: user.has_password ? 'set' : 'none',
    claims: Object.keys(user.claims).length > 0 ? JSON.stringify(user.claims) : undefined,
    roles: user.roles.join(' '),
    disabled: instant(user.disabled_at),
    created: instant(user.created_at),
    updated: instant(user.updated_at),
  });
}
