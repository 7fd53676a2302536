/**
 * `cardea owner`: how a Cardea gets its first owner, and a new one when nobody can sign in any more.
 */

import type { Command } from 'commander';
import { passwordLength } from '../definitions/lengths.ts';

import type { UserRecord } from '../storage/users.ts';
import { type OperatorContext, withChanges } from './context.ts';
import { describe, listOperators, renderOperator } from './operators.ts';
import { UsageError } from './terminal/failures.ts';
import { readNewPassword } from './terminal/input.ts';
import { type OutputOptions, print, remark, subcommand } from './terminal/output.ts';

export function register(command: Command): void {
  subcommand(command, 'create <name>', 'make a user an owner; a new user, where there is none')
    .option('--email <address>', 'the email address of a new user')
    .option('--password-file <file>', 'the password of a new user (default: asked for, or stdin)')
    .action(create);
  subcommand(command, 'list', 'list the owners').action((options: OutputOptions) =>
    listOperators(options, 'owner'),
  );
}

type CreateOptions = OutputOptions & { email?: string; passwordFile?: string };

/** Changes nothing for a user who is an owner already, so that a script can run it again. */
async function create(name: string, { json, ...options }: CreateOptions): Promise<void> {
  const result = await withChanges({ json }, async (context) => {
    const users = await context.users();
    const known = await users.lookUp(name);
    const user = known ?? (await createUser(context, name, options));
    const operators = await context.operators();
    const operator = await operators.set(user.id, { role: 'owner' }, context.operator);
    return { ...(await describe(context, operator)), created: known === undefined };
  });
  if (!result.created) remark('The user was there already, and keeps email and password.');
  print(result, { json }, renderOperator);
}

async function createUser(
  context: OperatorContext,
  username: string,
  { email, passwordFile }: CreateOptions,
): Promise<UserRecord> {
  const password = await readNewPassword(passwordFile);
  if ([...password].length < passwordLength.alone) {
    throw new UsageError(
      `the password of an owner has at least ${passwordLength.alone} characters`,
    );
  }
  return (await context.users()).create({ username, email, password }, context.operator);
}
