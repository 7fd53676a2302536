/**
 * What users are called whom other objects name by their ids.
 */
import { getUser } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { ConsoleRequest } from '../page.ts';

/** More stay without a name. */
const mostNamed = 20;

/** By id. Absent: deleted since, or the operator may not read users. */
export async function usernamesOf(
  ids: readonly string[],
  { call, may }: Pick<ConsoleRequest, 'call' | 'may'>,
): Promise<ReadonlyMap<string, string>> {
  if (!may(getUser)) return new Map();
  const named = [...new Set(ids)].slice(0, mostNamed).map(async (id) => {
    try {
      const { username } = (await call(getUser, { params: { user_id: id } })).body;
      return [[id, username] as const];
    } catch (error) {
      if (error instanceof CardeaError && error.status === 404) return [];
      throw error;
    }
  });
  return new Map((await Promise.all(named)).flat());
}
