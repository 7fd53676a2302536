/**
 * Who calls an operation. What a caller may do is decided anew for each call: the scopes of the credential, and, for a
 * person, no more than the scopes of the role that the person has now.
 */
import type { AdminScope } from '../definitions/admin_scopes.ts';
import type { OperatorRole } from '../definitions/operator_roles.ts';

export type AdminCaller = {
  kind: 'user' | 'client' | 'api_key';
  /** Of the user, the client or the API key. */
  id: string;
  /** The user who acts, or for whom an API key acts. */
  userId: string | undefined;
  /** Undefined for whoever is no person. */
  role: OperatorRole | undefined;
  /** Ids of the projects that a deployer is limited to; undefined: all. */
  projects: readonly string[] | undefined;
  scopes: ReadonlySet<AdminScope>;
  /** When the person last proved who they are, in milliseconds since the epoch. */
  authenticatedAt: number | undefined;
  /** Empty where the address is not known. */
  ip: string;
  requestId: string;
};

/** As the audit trail names the caller: `user:<id>`. */
export function actorOf({ kind, id }: Pick<AdminCaller, 'kind' | 'id'>): string {
  return `${kind}:${id}`;
}
