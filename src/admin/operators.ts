/**
 * What this room needs to know of the people who run Cardea.
 */
import type { AdminScope } from '../definitions/admin_scopes.ts';
import type { OperatorRole } from '../definitions/operator_roles.ts';

export type OperatorRights = {
  role: OperatorRole;
  scopes: ReadonlySet<AdminScope>;
  /** Ids of projects; undefined: all. */
  projects: readonly string[] | undefined;
};

/** As of now; undefined: the user is no operator. */
export type FindOperator = (userId: string, asOf?: number) => Promise<OperatorRights | undefined>;
