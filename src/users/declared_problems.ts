/**
 * What is wrong with declared users beyond what the schema can see: names that cannot be typed or told apart,
 * one name for two people, unusable passwords and hashes.
 */
import type { UserDeclaration } from '../config/schema/declaration.ts';
import { normaliseName } from '../definitions/names.ts';
import { maxForeignCost, maxHashCost } from '../definitions/password_hashes.ts';
import { CardeaError } from '../errors.ts';
import { readHash } from './hashes/families.ts';
import { assertAcceptable } from './passwords.ts';
import { storableName } from './storable_names.ts';

const { memoryKib, passes, lanes } = maxHashCost;
const { bcryptRounds, scryptMemoryBytes, pbkdf2Iterations, sha512CryptRounds } = maxForeignCost;
const unusableHash = `Use a password, or a hash of at most this cost: argon2 ${memoryKib / 1024 ** 2} GiB, ${passes} passes, ${lanes} lanes; bcrypt ${bcryptRounds}; scrypt ${scryptMemoryBytes / 1024 ** 2} MiB; PBKDF2 ${pbkdf2Iterations} iterations; SHA-512-crypt ${sha512CryptRounds} rounds.`;

export type UserProblem = { where: string; problem: string; remedy: string };

/** All problems found. No text repeats a value from the file. */
export function declaredUserProblems(users: readonly UserDeclaration[]): UserProblem[] {
  const problems: UserProblem[] = [];
  const owners = new Map<string, number>();
  const subjects = new Map<string, number>();
  for (const [index, { username, email, password, password_hash, subject }] of users.entries()) {
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
    const twin = subject === undefined ? undefined : subjects.get(subject);
    if (subject !== undefined) subjects.set(subject, index);
    if (twin !== undefined) {
      report('subject', `repeats users[${twin}]`, 'Each user has a subject of their own.');
    }
    if (password !== undefined) {
      attempt('password', 'cannot be used', () => assertAcceptable(password));
    }
    if (password_hash !== undefined && !readHash(password_hash)) {
      report('password_hash', 'is malformed, or would occupy the machine', unusableHash);
    }
  }
  return problems;
}
