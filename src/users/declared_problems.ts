/**
 * What is wrong with declared users beyond what the schema can see: names that cannot be typed or told apart,
 * one name for two people, unusable passwords and hashes.
 */
import type { UserDeclaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';
import { maxHashCost } from '../definitions/password_hashes.ts';
import { CardeaError } from '../errors.ts';
import { costOf } from './encoded_hash.ts';
import { assertAcceptable } from './passwords.ts';
import { storableName } from './storable_names.ts';

export type UserProblem = { where: string; problem: string; remedy: string };

/** All problems found. No text repeats a value from the file. */
export function declaredUserProblems(users: readonly UserDeclaration[]): UserProblem[] {
  const problems: UserProblem[] = [];
  const owners = new Map<string, number>();
  for (const [index, { username, email, password, password_hash }] of users.entries()) {
    const report = (member: string, problem: string, remedy: string) =>
      problems.push({ where: `users[${index}].${member}`, problem, remedy });
    const attempt = (member: string, problem: string, check: () => unknown) => {
      try {
        check();
      } catch (error) {
        if (!(error instanceof CardeaError)) throw error;
        report(member, problem, error.message);
      }
    };
    for (const [member, name] of [
      ['username', username],
      ['email', email],
    ] as const) {
      if (name === undefined) continue;
      attempt(member, 'is empty or has invisible characters', () => storableName(name, member));
      const owner = owners.get(normaliseName(name));
      if (owner === undefined) owners.set(normaliseName(name), index);
      else if (owner !== index) {
        const remedy = 'No two users may share a name, whether as username or as email.';
        report(member, `also names users[${owner}]`, remedy);
      }
    }
    if (password !== undefined) {
      attempt('password', 'cannot be used', () => assertAcceptable(password));
    }
    if (password_hash !== undefined && !costOf(password_hash)) {
      const { memoryKib, passes, lanes } = maxHashCost;
      const most = `${memoryKib / 1024 ** 2} GiB, ${passes} passes and ${lanes} lanes`;
      const remedy = `Use a hash of at most ${most}, or a password.`;
      report('password_hash', 'is not a usable argon2id hash', remedy);
    }
  }
  return problems;
}
