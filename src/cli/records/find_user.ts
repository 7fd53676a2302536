/**
 * The user that an operator names on the command line.
 */
import { normaliseName } from '../../definitions/names.ts';
import { CardeaError } from '../../errors.ts';
import type { UserRecord, UserStore } from '../../storage/users.ts';

type UserLookup = Pick<UserStore, 'find' | 'findByName'>;

/** By username, by email, by id, in this order. Throws CardeaError `not_found`. */
export async function findUser(users: UserLookup, name: string): Promise<UserRecord> {
  const user = await lookUpUser(users, name);
  if (user) return user;
  const message = 'There is no such user (cardea users list).';
  throw new CardeaError({ code: 'not_found', status: 404, message });
}

/** The same; undefined where there is none. */
export async function lookUpUser(users: UserLookup, name: string): Promise<UserRecord | undefined> {
  return (await users.findByName(normaliseName(name))) ?? (await users.find(name));
}
