/**
 * Who calls the admin API, and with which rights. A person's rights are those of the credential and of the role that
 * the person has now: a token never outlives the reason that it was issued for.
 */
import { type AdminScope, adminScopeNames, isAdminScope } from '../definitions/admin_scopes.ts';
import { type OperatorRole, scopesOfRole } from '../definitions/operator_roles.ts';
import { type OperatorGrant, type Rights, rightsOf } from './operator.ts';

export type Caller = Rights & {
  kind: 'user' | 'client' | 'api_key' | 'command_line';
  /** Of the user, the client or the API key; `operator` for the command line. */
  id: string;
  /** The person on whose behalf it is; absent for what acts in its own name. */
  userId?: string | undefined;
  /** That person's role now. */
  role?: OperatorRole | undefined;
  /** When that person signed in, in milliseconds since the epoch. */
  authTime?: number | undefined;
};

/** The scopes of a credential, of any API. */
type Credential = { scopes: Iterable<string> };

/**
 * What is left of a credential's scopes. Of a person: those that the person's role has now, none without a role. Of a
 * client or a project's API key (`operator` absent): all.
 */
export function effectiveScopes(
  credential: Iterable<string>,
  operator?: { grant: OperatorGrant | undefined },
): ReadonlySet<AdminScope> {
  const own = [...credential].filter(isAdminScope);
  if (!operator) return new Set(own);
  const { scopes } = rightsOf(operator.grant);
  return new Set(own.filter((scope) => scopes.has(scope)));
}

/** `grant`: from `KnownOperators.find`, as of this request. */
export function userCaller({
  userId,
  scopes,
  grant,
  authTime,
}: Credential & {
  userId: string;
  grant: OperatorGrant | undefined;
  authTime?: number | undefined;
}): Caller {
  return {
    ...{ kind: 'user', id: userId, userId, role: grant?.role, authTime },
    ...rightsOf(grant),
    scopes: effectiveScopes(scopes, { grant }),
  };
}

/** `project`: of the client's metadata. Such a client has at most what a deployer of that project has. */
export function clientCaller({
  clientId,
  scopes,
  project,
}: Credential & { clientId: string; project?: string | undefined }): Caller {
  const own = effectiveScopes(scopes);
  const who = { kind: 'client', id: clientId } as const;
  if (project === undefined) return { ...who, scopes: own };
  const within = scopesOfRole('deployer').filter((scope) => own.has(scope));
  return { ...who, scopes: new Set(within), projects: [project] };
}

/** `user`: whose key it is, with that person's role now; absent for the key of a project. */
export function apiKeyCaller({
  keyId,
  scopes,
  user,
}: Credential & {
  keyId: string;
  user?: { id: string; grant: OperatorGrant | undefined } | undefined;
}): Caller {
  const who = { kind: 'api_key', id: keyId } as const;
  if (!user) return { ...who, scopes: effectiveScopes(scopes) };
  const { id: userId, grant } = user;
  return {
    ...{ ...who, userId, role: grant?.role },
    ...rightsOf(grant),
    scopes: effectiveScopes(scopes, { grant }),
  };
}

/** Whoever has a shell where Cardea runs has the master secret and the store, and so every right there is. */
export const commandLineCaller: Caller = {
  kind: 'command_line',
  id: 'operator',
  scopes: new Set(adminScopeNames),
};
