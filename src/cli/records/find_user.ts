/**
 * The user that an operator names on the command line.
 */
import { CardeaError } from '../../errors.ts';
import type { UserRecord } from '../../storage/users.ts';
import type { OperatorContext } from '../context.ts';

/** By username, email or id. Throws CardeaError `not_found`. */
export async function findUser(
  { users }: Pick<OperatorContext, 'users'>,
  name: string,
): Promise<UserRecord> {
  const user = await (await users()).lookUp(name);
  if (user) return user;
  const message = 'No such user. To see all: cardea users list';
  throw new CardeaError({ code: 'not_found', status: 404, message });
}
