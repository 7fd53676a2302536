/**
 * Of users that a search has found, those who are operators.
 */
import { getOperator } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { ConsoleRequest } from '../page.ts';
import { operatorPath } from './paths.ts';
import { roleName } from './roles.ts';

export async function operatorsAmong(
  users: readonly { id: string; name: string }[],
  { call, may }: Pick<ConsoleRequest, 'call' | 'may'>,
) {
  if (!may(getOperator)) return [];
  const found = await Promise.all(
    users.map(async ({ id, name }) => {
      try {
        const { role } = (await call(getOperator, { params: { user_id: id } })).body;
        return [{ label: name, kind: 'Operator', hint: roleName(role), href: operatorPath(id) }];
      } catch (error) {
        if (error instanceof CardeaError && error.status === 404) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}
