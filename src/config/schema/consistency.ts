/**
 * What members of the declarative file must hold between each other: names declared once, references
 * that lead somewhere, clients that can do what they are for. It looks at an outline that tolerates mistakes
 * elsewhere in the file, so that these are found in the same run. The protocol engine checks more.
 */
import { adminApi, adminScopes, isAdminApi } from '../../definitions/admin_scopes.ts';
import { builtInClientIds } from '../../definitions/built_in.ts';
import { normaliseName } from '../../definitions/names.ts';
import { unknownKey } from '../issues.ts';
import { formatPath, type Problem } from '../problems.ts';
import { aliasConflicts, isScopeOfPeople, scopesOfPeople } from './api_names.ts';
import { checkClient, type Report } from './client_consistency.ts';
import { clientMembers, isClientMember } from './client_metadata.ts';
import { type Outline, outlineSchema } from './outline.ts';

/** Clients name it as they name others, and nobody declares it. */
const ownApi: Outline['apis'][number] = {
  identifier: adminApi,
  aliases: undefined,
  client_id: undefined,
  scopes: adminScopes,
};

/** Contradictions in the data of a declarative file; `data` need not fit the schema. */
export function findContradictions(data: unknown): Problem[] {
  const problems: Problem[] = [];
  const parsed = outlineSchema.safeParse(data);
  if (!parsed.success) return problems;
  const report: Report = (path, problem, remedy) =>
    problems.push({ where: formatPath(path), problem, remedy });
  const outline = parsed.data;
  const withOwnApi = { ...outline, apis: [...outline.apis, ownApi] };
  checkNames(outline, report);
  checkScopeNames(outline, report);
  checkAliases(outline, report);
  checkReferences(outline, report);
  if (outline.signing_keys.publish_ahead >= outline.signing_keys.rotate_every) {
    const remedy = 'Shorten it, or rotate less often.';
    report(['signing_keys', 'publish_ahead'], 'is not shorter than rotate_every', remedy);
  }
  for (const [index, client] of outline.clients.entries()) {
    if (!client) continue;
    const reportHere: Report = (path, ...rest) => report(['clients', index, ...path], ...rest);
    for (const key of Object.keys(client).filter((name) => !isClientMember(name))) {
      problems.push(unknownKey(['clients', index, key], clientMembers));
    }
    checkClient(client, withOwnApi, reportHere);
  }
  return problems;
}

function checkNames(outline: Outline, report: Report): void {
  const { apis, clients, scopes, users, identity_providers: providers } = outline;
  const unique = (
    list: string,
    rows: readonly (Record<string, unknown> | undefined)[],
    member: string,
  ) => {
    const seen = new Map<string, number>();
    for (const [index, row] of rows.entries()) {
      const value = row?.[member];
      if (typeof value !== 'string') continue;
      const name = list === 'users' ? normaliseName(value) : value;
      const first = seen.get(name);
      if (first === undefined) seen.set(name, index);
      else report([list, index, member], `repeats ${list}[${first}]`, 'Keep one of the two.');
    }
  };
  unique('apis', apis, 'identifier');
  unique('clients', clients, 'client_id');
  unique('scopes', scopes, 'name');
  unique('identity_providers', providers, 'id');
  unique('users', users, 'username');
  unique('users', users, 'email');

  for (const [index, client] of clients.entries()) {
    if (!builtInClientIds.has(client?.client_id ?? '')) continue;
    const problem = 'is the client_id of a part of Cardea, which is built in';
    report(['clients', index, 'client_id'], problem, 'Choose another one.');
  }

  // RFC 9068 section 5: a service's tokens have its client_id as sub.
  const clientIds = new Set(clients.map((client) => client?.client_id));
  for (const [index, { subject }] of users.entries()) {
    if (subject === undefined || !clientIds.has(subject)) continue;
    const remedy = 'Give one of the two another: APIs know both by the claim sub.';
    report(['users', index, 'subject'], 'is the client_id of a client', remedy);
  }
}

function checkAliases({ apis }: Outline, report: Report): void {
  for (const { index, position, owner } of aliasConflicts(apis)) {
    report(['apis', index, 'aliases', position], `also names apis[${owner}]`, 'Remove it.');
  }
}

function checkScopeNames({ apis, scopes }: Outline, report: Report): void {
  for (const [index, api] of apis.entries()) {
    for (const name of scopesOfPeople(api, scopes)) {
      const remedy = 'Give the scope of the API another name.';
      report(['apis', index, 'scopes', name], isScopeOfPeople, remedy);
    }
  }
}

function checkReferences(outline: Outline, report: Report): void {
  const identifiers = new Set(outline.apis.map((api) => api.identifier));
  const checkApis = (path: PropertyKey[], apis: readonly string[] | undefined) => {
    for (const [position, identifier] of (apis ?? []).entries()) {
      if (identifiers.has(identifier) || identifier === adminApi) continue;
      const remedy = 'Add it under apis, with exactly this identifier.';
      report([...path, position], 'names an API that does not exist', remedy);
    }
  };
  for (const [index, client] of outline.clients.entries()) {
    checkApis(['clients', index, 'apis'], client?.apis);
  }
  for (const source of ['dynamic_registration', 'client_id_metadata'] as const) {
    const apis = outline[source]?.apis;
    checkApis([source, 'apis'], apis);
    const own = apis?.findIndex(isAdminApi) ?? -1;
    if (own < 0) continue;
    const remedy = 'Remove it: only clients that an operator made may administer.';
    report([source, 'apis', own], 'is the API of Cardea itself', remedy);
  }

  checkProviders(outline, report);

  const clientIds = new Set(outline.clients.map((client) => client?.client_id));
  for (const [index, { client_id: id }] of outline.apis.entries()) {
    if (id === undefined || clientIds.has(id)) continue;
    const remedy = 'Declare it under clients, with a secret and grant_types: [].';
    report(['apis', index, 'client_id'], 'names a client that this file does not declare', remedy);
  }
}

function checkProviders({ clients, identity_providers: providers }: Outline, report: Report): void {
  const ids = new Set(providers.map(({ id }) => id));
  for (const [index, client] of clients.entries()) {
    for (const [position, id] of (client?.identity_providers ?? []).entries()) {
      if (ids.has(id)) continue;
      const remedy = 'Add it under identity_providers, with exactly this id.';
      const place = ['clients', index, 'identity_providers', position];
      report(place, 'names an identity provider that does not exist', remedy);
    }
  }
  const owners = new Map<string, number>();
  for (const [index, { domains = [] }] of providers.entries()) {
    for (const [position, domain] of domains.entries()) {
      const owner = owners.get(domain) ?? index;
      owners.set(domain, owner);
      if (owner === index) continue;
      const place = ['identity_providers', index, 'domains', position];
      report(place, `is a domain of identity_providers[${owner}], too`, 'Keep one of the two.');
    }
  }
}
