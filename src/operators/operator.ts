/**
 * The operators room. It owns who runs this Cardea, in which role, and what a caller of the admin API may do to
 * others' rights. Who a caller is, and the operations themselves, are not its concern.
 *
 * This file: an operator, and the rights that a role gives.
 */
import type { AdminScope } from '../definitions/admin_scopes.ts';
import { isConfined, type OperatorRole, scopesOfRole } from '../definitions/operator_roles.ts';

export type OperatorGrant = {
  role: OperatorRole;
  /** Ids of the projects that a deployer is named for; absent in every other role. */
  projects?: readonly string[] | undefined;
};

export type Operator = OperatorGrant & {
  userId: string;
  /** Milliseconds since the epoch: when the person got this role. */
  since: number;
  /** Who gave it: `user:<id>`, `client:<id>`, `operator` (the command line), `file`, `first_owner`. */
  by: string;
  /** Of the operator: another one after each change, also of one who left and came back. */
  version: number;
};

/** What somebody may do at the admin API. */
export type Rights = {
  scopes: ReadonlySet<AdminScope>;
  /** Only within these projects (ids), which exist only for clients, APIs, projects and API keys. Absent: everywhere. */
  projects?: readonly string[] | undefined;
};

const none: Rights = { scopes: new Set() };

/** `grant`: of the person now; undefined for somebody who is no operator. */
export function rightsOf(grant: OperatorGrant | undefined): Rights {
  if (!grant) return none;
  const scopes = new Set(scopesOfRole(grant.role));
  return isConfined(grant.role) ? { scopes, projects: grant.projects ?? [] } : { scopes };
}

/** Whether `rights` give nothing that `own` do not. */
export function covers(own: Rights, rights: Rights): boolean {
  if ([...rights.scopes].some((scope) => !own.scopes.has(scope))) return false;
  if (rights.scopes.size === 0 || own.projects === undefined) return true;
  const { projects } = own;
  return rights.projects?.every((project) => projects.includes(project)) ?? false;
}
