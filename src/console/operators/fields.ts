/**
 * Fields of the forms of operators: the role, and the projects of a deployer.
 */
import { listProjects } from '../../admin/room.ts';
import { operatorRoles, textOfRole } from '../../definitions/operator_roles.ts';
import { maySetOperator } from '../../operators/room.ts';
import type { ConsoleRequest } from '../page.ts';
import { mostListed } from '../parts/counts.ts';
import type { Field } from '../parts/fields.ts';
import { roleName } from './roles.ts';

export async function roleFields(request: ConsoleRequest): Promise<readonly Field[]> {
  return [roleField(request), await projectsField(request)];
}

/** Those that the person may give: none with rights that they lack. */
function roleField({ caller }: Pick<ConsoleRequest, 'caller'>): Field {
  const given = operatorRoles.filter((role) => maySetOperator(caller, undefined, { role }).allowed);
  return {
    ...{ name: 'role', label: 'Role', as: 'choice' },
    options: given.map((role) => ({ value: role, label: roleName(role), hint: textOfRole(role) })),
  };
}

async function projectsField({ call, may }: ConsoleRequest): Promise<Field> {
  const common = { name: 'projects', label: 'Projects of a deployer', whenEmpty: [] } as const;
  const query = { limit: mostListed };
  const page = may(listProjects) ? (await call(listProjects, { query })).body : undefined;
  if (page?.items.length === 0) {
    const hint = 'There is no project yet. A deployer needs one: create it first.';
    return { ...common, as: 'lines', hint };
  }
  if (!page || page.next !== null) {
    const hint = 'For deployers only. The IDs of projects, one in each line.';
    return { ...common, as: 'lines', hint };
  }
  return {
    ...{ ...common, as: 'checks' },
    hint: 'For deployers only: the role holds in these projects, and nowhere else.',
    options: page.items.map(({ id, name, api }) => ({ value: id, label: name, hint: api })),
  };
}
