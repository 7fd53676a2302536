/**
 * Who may do what to clients, APIs, API keys and projects. Whoever changes a client controls it (its secret, its
 * redirect URIs), and so has the rights that it has at the admin API: both before and after the change, they must be
 * the caller's own. Within projects, a deployer gives no rights at the admin API at all, and gives clients no API that
 * is not of these projects.
 */
import {
  type AdminScope,
  adminApi,
  adminScopeNames,
  isAdminScope,
} from '../definitions/admin_scopes.ts';
import type { ApiKeyRecord } from '../storage/api_keys.ts';
import type { ClientRecord } from '../storage/clients.ts';
import type { ProjectRecord } from '../storage/projects.ts';
import { isSameRecord } from '../storage/same_record.ts';
import { scopeWords } from '../tokens/room.ts';
import type { Caller } from './caller.ts';
import { allOf, allowed, type Decision, denied } from './decisions.ts';
import { covers, type OperatorGrant, rightsOf } from './operator.ts';
import { hasScope, mayGrantScopes } from './people_policy.ts';

/** An object before and after an operation. No `before`: it is created; no `after`: it is deleted. */
export type Change<T> = { before?: T | undefined; after?: T | undefined };

export type PolicyClient = Pick<ClientRecord, 'clientId' | 'source' | 'metadata' | 'bounds'>;
export type PolicyApi = { identifier: string; project?: string | undefined };
export type PolicyApiKey = Pick<
  ApiKeyRecord,
  'api' | 'scopes' | 'projectId' | 'userId' | 'tier' | 'limits'
>;
export type PolicyProject = Pick<ProjectRecord, 'api' | 'scopes'>;

/** What the policy asks of the APIs: any spelling of an identifier, and what an API is. */
export type KnownApis = {
  canonical(identifier: string): string;
  find(
    identifier: string,
  ): { project?: string | undefined; scopes: Readonly<Record<string, unknown>> } | undefined;
  /** The APIs that this client is. */
  byClientId(clientId: string): readonly { project?: string | undefined }[];
};

/** Whether the caller sees and changes what is in this project; undefined: in none. */
export function seesProject({ projects }: Caller, project: string | undefined): boolean {
  return projects === undefined || (project !== undefined && projects.includes(project));
}

/** The project that a client is in. Of a client that describes itself, only an operator's bounds say so. */
export function projectOfClient({
  source,
  metadata,
  bounds = {},
}: Omit<PolicyClient, 'clientId'>): string | undefined {
  const { project } = isOfItself(source) ? bounds : metadata;
  return typeof project === 'string' ? project : undefined;
}

/** Creates, changes (also its secrets and whether it is enabled) or deletes a client. */
export function mayTouchClient(
  caller: Caller,
  { before, after }: Change<PolicyClient>,
  apis: KnownApis,
): Decision {
  const sides = [before, after].filter((side) => side !== undefined);
  const isUnvouched = after !== undefined && isOfItself(after.source) && isOfAdmin(after, apis);
  return allOf(
    hasScope(caller, 'clients:write'),
    ...sides.map((side) => within(caller, projectOfClient(side))),
    isUnvouched ? denied('vouched_for_by_nobody') : allowed,
    ...sides.map((side) => mayGrantScopes(caller, adminScopesOf(side, apis))),
    ...sides.map((side) => mayReachAdmin(caller, side, apis)),
    after ? mayGiveApis(caller, before, after, apis) : allowed,
  );
}

/** Disables a client. That gives nobody a right, so it is also for a client with more rights than the caller. */
export function mayDisableClient(caller: Caller, client: PolicyClient): Decision {
  return allOf(hasScope(caller, 'clients:write'), within(caller, projectOfClient(client)));
}

/** Creates, changes or deletes an API. */
export function mayTouchApi(
  caller: Caller,
  { before, after }: Change<PolicyApi>,
  apis: Pick<KnownApis, 'canonical'>,
): Decision {
  const sides = [before, after].filter((side) => side !== undefined);
  const isAdmin = sides.some(({ identifier }) => apis.canonical(identifier) === adminApi);
  return allOf(
    hasScope(caller, 'apis:write'),
    isAdmin ? denied('built_in') : allowed,
    ...sides.map(({ project }) => within(caller, project)),
  );
}

/**
 * Creates or changes an API key, or enables or rotates it (then `before` and `after` are the same). `grantOf`: the
 * operator's grant of the user whose key it is.
 */
export function mayTouchApiKey(
  caller: Caller,
  { before, after }: Change<PolicyApiKey>,
  grantOf: (userId: string) => OperatorGrant | undefined,
): Decision {
  const sides = [before, after].filter((side) => side !== undefined);
  const raisesLimits =
    after !== undefined && !isSameRecord(limitsOf(after), before ? limitsOf(before) : {});
  return allOf(
    hasScope(caller, 'api_keys:write'),
    ...sides.map(({ projectId }) => within(caller, projectId)),
    ...sides.map((side) => mayActAs(caller, side, grantOf)),
    ...sides.map(({ api, scopes }) => mayGrantOfApi(caller, api, scopes)),
    caller.projects !== undefined && raisesLimits ? denied('more_than_own') : allowed,
  );
}

/** Disables or revokes an API key, which gives nobody a right. */
export function mayEndApiKey(caller: Caller, { projectId }: PolicyApiKey): Decision {
  return allOf(hasScope(caller, 'api_keys:write'), within(caller, projectId));
}

/** Creates, changes or deletes a project: the people in it may get keys with its scopes, all of its API without any. */
export function mayTouchProject(
  caller: Caller,
  { before, after }: Change<PolicyProject>,
): Decision {
  const sides = [before, after].filter((side) => side !== undefined);
  return allOf(
    hasScope(caller, 'projects:write'),
    ...sides.map(({ api, scopes }) => mayGrantOfApi(caller, api, scopes ?? adminScopeNames)),
  );
}

function within(caller: Caller, project: string | undefined): Decision {
  return seesProject(caller, project) ? allowed : denied('other_project');
}

function isOfItself(source: ClientRecord['source']): boolean {
  return source !== 'file' && source !== 'operator';
}

/** Those that an operator allows a client beyond its own included. */
function apisOf({ metadata, bounds = {} }: PolicyClient): string[] {
  return [metadata.apis, bounds.apis]
    .flatMap((apis) => (Array.isArray(apis) ? apis : []))
    .filter((api) => typeof api === 'string');
}

function isOfAdmin(client: PolicyClient, apis: Pick<KnownApis, 'canonical'>): boolean {
  return apisOf(client).some((api) => apis.canonical(api) === adminApi);
}

/**
 * The rights that a client has or can pass on. One that is bound to no scopes, or says itself which it has, counts as
 * having all.
 */
function adminScopesOf(client: PolicyClient, apis: KnownApis): ReadonlySet<AdminScope> {
  if (!isOfAdmin(client, apis)) return new Set();
  const { source, metadata } = client;
  const isBoundless = metadata.scope === undefined || isOfItself(source);
  return new Set(isBoundless ? adminScopeNames : scopeWords(metadata.scope).filter(isAdminScope));
}

/** Within projects, not even access without a scope. */
function mayReachAdmin(caller: Caller, client: PolicyClient, apis: KnownApis): Decision {
  const isOutside = caller.projects !== undefined && isOfAdmin(client, apis);
  return isOutside ? denied('more_than_own') : allowed;
}

/**
 * Within projects, a client gets no further API, and no further scope of an API, that is of others. Nor is a client made
 * under the id that such an API calls itself by: it could introspect that API's tokens.
 */
function mayGiveApis(
  caller: Caller,
  before: PolicyClient | undefined,
  after: PolicyClient,
  apis: KnownApis,
): Decision {
  if (caller.projects === undefined) return allowed;
  const isOthers = apis.byClientId(after.clientId).some((api) => !seesProject(caller, api.project));
  if (!before && isOthers) return denied('more_than_own');
  const had = new Set(before ? apisOf(before).map(apis.canonical) : []);
  const hadScopes = new Set(before ? scopeWords(before.metadata.scope) : []);
  const isBoundless = after.metadata.scope === undefined && before?.metadata.scope !== undefined;
  const gained = scopeWords(after.metadata.scope).filter((scope) => !hadScopes.has(scope));
  const isGiven = (identifier: string) => {
    const api = apis.find(identifier);
    if (seesProject(caller, api?.project)) return false;
    if (!had.has(identifier) || isBoundless) return true;
    return gained.some((scope) => Object.hasOwn(api?.scopes ?? {}, scope));
  };
  return apisOf(after).map(apis.canonical).some(isGiven) ? denied('more_than_own') : allowed;
}

/** A key in somebody's name acts as that person. */
function mayActAs(
  caller: Caller,
  { userId }: PolicyApiKey,
  grantOf: (userId: string) => OperatorGrant | undefined,
): Decision {
  const rights = rightsOf(userId === undefined ? undefined : grantOf(userId));
  return covers(caller, rights) ? allowed : denied('more_than_own');
}

function mayGrantOfApi(caller: Caller, api: string, scopes: readonly string[]): Decision {
  if (api !== adminApi) return allowed;
  if (caller.projects !== undefined) return denied('more_than_own');
  return mayGrantScopes(caller, new Set(scopes.filter(isAdminScope)));
}

function limitsOf({ tier, limits }: PolicyApiKey) {
  return { tier, limits };
}
