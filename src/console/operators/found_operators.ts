/**
 * Of users that a search has found, those who are operators.
 */
import type { ConsoleRequest } from '../page.ts';
import { operatorOf } from '../users/operator_of.ts';
import { operatorPath } from './paths.ts';
import { roleName } from './roles.ts';

export async function operatorsAmong(
  users: readonly { id: string; name: string }[],
  request: Pick<ConsoleRequest, 'call' | 'may'>,
) {
  const found = await Promise.all(
    users.map(async ({ id, name }) => {
      const operator = await operatorOf(id, request);
      if (!operator) return [];
      const hint = roleName(operator.role);
      return [{ label: name, kind: 'Operator', hint, href: operatorPath(id) }];
    }),
  );
  return found.flat();
}
