/**
 * What members of the declarative file must hold between each other: names declared once, references
 * that lead somewhere, clients that can do what they are for. It looks at an outline that tolerates mistakes
 * elsewhere in the file, so that these are found in the same run. The protocol engine checks more.
 */
import { normaliseName } from '../../definitions/names.ts';
import { personScopeNames } from '../../definitions/oauth.ts';
import { unknownKey } from '../issues.ts';
import { formatPath, type Problem } from '../problems.ts';
import { checkClient, type Report } from './client_consistency.ts';
import { clientMembers, isClientMember } from './client_metadata.ts';
import { type Outline, outlineSchema } from './outline.ts';

/** Contradictions in the data of a declarative file; `data` need not fit the schema. */
export function findContradictions(data: unknown): Problem[] {
  const problems: Problem[] = [];
  const parsed = outlineSchema.safeParse(data);
  if (!parsed.success) return problems;
  const report: Report = (path, problem, remedy) =>
    problems.push({ where: formatPath(path), problem, remedy });
  const outline = parsed.data;
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
    checkClient(client, outline, reportHere);
  }
  return problems;
}

function checkNames({ apis, clients, scopes, users }: Outline, report: Report): void {
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
  unique('users', users, 'username');
  unique('users', users, 'email');

  // RFC 9068 section 5: a service's tokens have its client_id as sub.
  const clientIds = new Set(clients.map((client) => client?.client_id));
  for (const [index, { subject }] of users.entries()) {
    if (subject === undefined || !clientIds.has(subject)) continue;
    const remedy = 'Give one of the two another: APIs know both by the claim sub.';
    report(['users', index, 'subject'], 'is the client_id of a client', remedy);
  }
}

/** Each name leads to one API. */
function checkAliases({ apis }: Outline, report: Report): void {
  const owners = new Map(apis.map(({ identifier }, index) => [identifier, index]));
  for (const [index, { aliases = [] }] of apis.entries()) {
    for (const [position, alias] of aliases.entries()) {
      const owner = owners.get(alias);
      if (owner === undefined) owners.set(alias, index);
      else report(['apis', index, 'aliases', position], `also names apis[${owner}]`, 'Remove it.');
    }
  }
}

/** A scope is about the person or about one API, never both. */
function checkScopeNames({ apis, scopes }: Outline, report: Report): void {
  const ofPeople = new Set(personScopeNames(scopes));
  for (const [index, api] of apis.entries()) {
    for (const name of Object.keys(api.scopes).filter((scope) => ofPeople.has(scope))) {
      const remedy = 'Give the scope of the API another name.';
      report(['apis', index, 'scopes', name], 'is a scope that is about people', remedy);
    }
  }
}

function checkReferences(outline: Outline, report: Report): void {
  const identifiers = new Set(outline.apis.map((api) => api.identifier));
  const checkApis = (path: PropertyKey[], apis: readonly string[] | undefined) => {
    for (const [position, identifier] of (apis ?? []).entries()) {
      if (identifiers.has(identifier)) continue;
      const remedy = 'Declare it under apis, with exactly this identifier.';
      report([...path, position], 'names an API that this file does not declare', remedy);
    }
  };
  for (const [index, client] of outline.clients.entries()) {
    checkApis(['clients', index, 'apis'], client?.apis);
  }
  for (const source of ['dynamic_registration', 'client_id_metadata'] as const) {
    checkApis([source, 'apis'], outline[source]?.apis);
  }

  const clientIds = new Set(outline.clients.map((client) => client?.client_id));
  for (const [index, { client_id: id }] of outline.apis.entries()) {
    if (id === undefined || clientIds.has(id)) continue;
    const remedy = 'Declare it under clients, with a secret and grant_types: [].';
    report(['apis', index, 'client_id'], 'names a client that this file does not declare', remedy);
  }
}
