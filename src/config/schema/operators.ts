/**
 * The schema of a declared user's role as an operator: `operator: support`, or `{ role: deployer, projects: [...] }`.
 */
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import {
  isConfined,
  mostOperatorProjects,
  type OperatorRole,
  operatorRoles,
} from '../../definitions/operator_roles.ts';

const unconfinedRoles = operatorRoles.filter((role) => !isConfined(role));
const confinedRoles = operatorRoles.filter(isConfined);

const role = <const Roles extends readonly OperatorRole[]>(roles: Roles) =>
  z.enum(roles).describe('The role of the operator.');

const projects = z
  .array(z.string().min(1).max(maxLength.projectId))
  .min(1)
  .max(mostOperatorProjects)
  .describe('Ids of the projects whose clients, APIs and API keys a deployer may change.');

/** Parsed to one shape. */
export const operatorSchema = z
  .union(
    [
      z.enum(unconfinedRoles),
      z.strictObject({ role: role(unconfinedRoles) }),
      z.strictObject({ role: role(confinedRoles), projects }),
    ],
    {
      error: `must be ${unconfinedRoles.join(', ')}, or { role: ${confinedRoles.join(', ')}, projects: [ids of projects] }`,
    },
  )
  .transform((value): { role: OperatorRole; projects?: string[] } =>
    typeof value === 'string' ? { role: value } : value,
  )
  .meta({
    notation: 'role, or `{ role, projects }`',
    rule: `Only ${confinedRoles.map((name) => `\`${name}\``).join(', ')} has projects.`,
  })
  .describe(
    `What the user may do here as an operator: ${unconfinedRoles.map((role) => `\`${role}\``).join(', ')}, or \`{ role: deployer, projects: […] }\` ([roles](operators.md)). When absent, the role stays as it is.`,
  );
