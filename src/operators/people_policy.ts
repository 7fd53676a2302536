/**
 * Who may do what to people and their roles. One rule: whoever controls an account (sets its password, its email, its
 * role) has its rights, so nobody touches one that has a right which they lack.
 */
import type { AdminScope } from '../definitions/admin_scopes.ts';
import type { Caller } from './caller.ts';
import { allOf, allowed, type Decision, denied } from './decisions.ts';
import { covers, type OperatorGrant, rightsOf } from './operator.ts';

/** Whether the caller has the scope that an operation needs. */
export function hasScope(caller: Caller, scope: AdminScope): Decision {
  return caller.scopes.has(scope) ? allowed : denied('missing_scope');
}

/**
 * Whether the caller may give these scopes of the admin API to a client or an API key. Whoever is confined to projects
 * gives none: what they make would not be confined.
 */
export function mayGrantScopes(caller: Caller, scopes: ReadonlySet<AdminScope>): Decision {
  return covers(caller, { scopes }) ? allowed : denied('more_than_own');
}

/**
 * Whether the caller may change the account of this user in any way: password, names, email, state, deletion. `grant`:
 * of that user, undefined for a user who is no operator. There is no exception for the caller's own account: a
 * credential with few scopes could otherwise take over the account that it belongs to.
 */
export function mayTouchUser(caller: Caller, grant: OperatorGrant | undefined): Decision {
  return allOf(
    hasScope(caller, 'users:write'),
    covers(caller, rightsOf(grant)) ? allowed : denied('more_than_own'),
  );
}

/** Whether the caller may make `before` of a user `after`; undefined: no operator. */
export function maySetOperator(
  caller: Caller,
  before: OperatorGrant | undefined,
  after: OperatorGrant | undefined,
): Decision {
  const isCovered = covers(caller, rightsOf(before)) && covers(caller, rightsOf(after));
  return allOf(hasScope(caller, 'operators:write'), isCovered ? allowed : denied('more_than_own'));
}

/** Kinds of revocation that hit more than one person, program or credential, and the scope that each needs as well. */
const wideRevocations = {
  api: 'apis:write',
  signing_key: 'keys:write',
  everything: 'settings:write',
} as const satisfies Record<string, AdminScope>;

/**
 * Whether the caller may revoke something of this kind: `token`, `grant`, `session`, `user`, `client`, `api_key`,
 * `project`, `api`, `signing_key`, `everything`. To stop something gives no right, so an operator who answers people
 * at night may stop an owner's stolen session or key.
 */
export function mayRevoke(caller: Caller, kind: string): Decision {
  const needed = Object.entries(wideRevocations).find(([wide]) => wide === kind)?.[1];
  return allOf(
    hasScope(caller, 'revocations:write'),
    caller.projects === undefined ? allowed : denied('missing_scope'),
    needed === undefined ? allowed : hasScope(caller, needed),
  );
}

/** Whether the caller may make or change a webhook: whoever does so reads every event. */
export function mayTouchWebhook(caller: Caller): Decision {
  return allOf(hasScope(caller, 'webhooks:write'), hasScope(caller, 'audit:read'));
}
