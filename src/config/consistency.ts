/**
 * What members of the declarative file must hold between each other: names declared once, references
 * that lead somewhere, clients that can do what they are for. It looks at an outline that tolerates mistakes
 * elsewhere in the file, so that these are found in the same run. The protocol engine checks more.
 */
import { z } from 'zod';
import { clientMembers, isClientMember } from './client_metadata.ts';
import { unknownKey } from './issues.ts';
import { formatPath, type Problem } from './problems.ts';
import { duration, isLoopbackHost } from './values.ts';

const text = z.string().optional().catch(undefined);
const texts = z.array(z.string().catch('')).optional().catch(undefined);
const anything = z.unknown().optional();
const listOf = <T extends z.ZodType>(item: T) => z.array(item).catch([]);

const outlineSchema = z.object({
  apis: listOf(
    z
      .object({
        identifier: text,
        client_id: text,
        scopes: z.record(z.string(), z.unknown()).catch({}),
      })
      .catch({ identifier: undefined, client_id: undefined, scopes: {} }),
  ),
  clients: listOf(
    z
      .looseObject({
        client_id: text,
        client_secret: anything,
        token_endpoint_auth_method: z.string().catch('client_secret_basic'),
        jwks: anything,
        jwks_uri: anything,
        redirect_uris: texts,
        post_logout_redirect_uris: texts,
        grant_types: z.array(z.string().catch('')).catch(['authorization_code']),
        scope: text,
        apis: texts,
        application_type: text,
        require_pkce: anything,
        profile: text,
      })
      .optional()
      .catch(undefined),
  ),
  users: listOf(z.object({ username: text, email: text }).catch({})),
  signing_keys: z
    .object({
      rotate_every: duration.prefault('30d'),
      publish_ahead: duration.prefault('1d'),
    })
    .prefault({})
    .catch({ rotate_every: 1, publish_ahead: 0 }),
  dynamic_registration: z.object({ apis: texts }).optional().catch(undefined),
});

type Outline = z.output<typeof outlineSchema>;
type Client = NonNullable<Outline['clients'][number]>;
type Report = (path: PropertyKey[], problem: string, remedy: string) => void;

/** Contradictions in the data of a declarative file; `data` need not fit the schema. */
export function findContradictions(data: unknown): Problem[] {
  const problems: Problem[] = [];
  const parsed = outlineSchema.safeParse(data);
  if (!parsed.success) return problems;
  const report: Report = (path, problem, remedy) =>
    problems.push({ where: formatPath(path), problem, remedy });
  const outline = parsed.data;
  checkNames(outline, report);
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
    checkAuthentication(client, reportHere);
    checkRedirects(client, reportHere);
    checkScope(client, outline, reportHere);
  }
  return problems;
}

function checkNames({ apis, clients, users }: Outline, report: Report): void {
  const unique = (
    list: string,
    rows: readonly (Record<string, unknown> | undefined)[],
    member: string,
  ) => {
    const seen = new Map<string, number>();
    for (const [index, row] of rows.entries()) {
      const value = row?.[member];
      if (typeof value !== 'string') continue;
      const name = list === 'users' ? value.normalize('NFKC').toLowerCase() : value;
      const first = seen.get(name);
      if (first === undefined) seen.set(name, index);
      else report([list, index, member], `repeats ${list}[${first}]`, 'Keep one of the two.');
    }
  };
  unique('apis', apis, 'identifier');
  unique('clients', clients, 'client_id');
  unique('users', users, 'username');
  unique('users', users, 'email');
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
  checkApis(['dynamic_registration', 'apis'], outline.dynamic_registration?.apis);

  const clientIds = new Set(outline.clients.map((client) => client?.client_id));
  for (const [index, { client_id: id }] of outline.apis.entries()) {
    if (id === undefined || clientIds.has(id)) continue;
    const remedy = 'Declare it under clients, with a secret and grant_types: [].';
    report(['apis', index, 'client_id'], 'names a client that this file does not declare', remedy);
  }
}

function checkAuthentication(client: Client, report: Report): void {
  const method = client.token_endpoint_auth_method;
  const isPublic = method === 'none';
  if (isPublic && client.client_secret !== undefined) {
    const remedy = 'Remove it, or choose client_secret_basic as token_endpoint_auth_method.';
    report(['client_secret'], 'contradicts token_endpoint_auth_method: none', remedy);
  }
  if (method.startsWith('client_secret_') && client.client_secret === undefined) {
    const remedy = 'Add it (cardea secret generate), or choose another token_endpoint_auth_method.';
    report(['client_secret'], `is missing, but ${method} needs one`, remedy);
  }
  if (client.jwks !== undefined && client.jwks_uri !== undefined) {
    report(['jwks'], 'stands beside jwks_uri', 'Keep one of the two.');
  }
  if (method === 'private_key_jwt' && client.jwks === undefined && client.jwks_uri === undefined) {
    const remedy = 'Add jwks (public keys) or jwks_uri.';
    report(['jwks'], 'is missing, but private_key_jwt needs public keys', remedy);
  }
  if (isPublic && client.require_pkce === false) {
    report(['require_pkce'], 'can be false only for a confidential client', 'Remove it.');
  }
  if (isPublic && client.grant_types.includes('client_credentials')) {
    const remedy = 'Give the client a secret or a key, or remove client_credentials.';
    report(['grant_types'], 'has client_credentials, which a public client cannot have', remedy);
  }
  if (isPublic && client.profile === 'fapi2') {
    const remedy = 'Choose private_key_jwt as token_endpoint_auth_method.';
    report(['profile'], 'holds only for confidential clients', remedy);
  }
}

function checkRedirects(client: Client, report: Report): void {
  if (client.grant_types.includes('authorization_code') && !client.redirect_uris?.length) {
    const remedy = 'Add the URIs that it is redirected to, or set grant_types without it.';
    report(['redirect_uris'], 'is missing, but authorization_code needs it', remedy);
  }
  for (const member of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    for (const [index, uri] of (client[member] ?? []).entries()) {
      const mistake = redirectMistake(uri, client.application_type === 'native');
      if (mistake) report([member, index], ...mistake);
    }
  }
}

/** RFC 9700 section 2.1 and RFC 8252 section 7; undefined when nothing is wrong or it is no URI at all. */
function redirectMistake(uri: string, isNative: boolean): [string, string] | undefined {
  const url = URL.parse(uri);
  if (!url) return undefined;
  if (uri.includes('#')) return ['has a fragment', 'Remove the # and what follows it.'];
  if (uri.includes('*')) return ['has a wildcard', 'List each URI; they are compared exactly.'];
  if (url.username || url.password) return ['holds credentials', 'Remove them.'];
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:') {
    if (isLoopbackHost(url.hostname)) return undefined;
    return ['is plain http to another machine, where codes can be read', 'Use https.'];
  }
  if (isNative && url.protocol.includes('.')) return undefined;
  const remedy = isNative
    ? 'Use https, or a private-use scheme with a dot, such as com.example.app: (RFC 8252).'
    : 'Use https, or set application_type: native for a private-use scheme.';
  return ['has a scheme that is not allowed', remedy];
}

const standardScopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

function checkScope(client: Client, { apis }: Outline, report: Report): void {
  const defined = apis
    .filter(({ identifier }) => identifier !== undefined && client.apis?.includes(identifier))
    .flatMap(({ scopes }) => Object.keys(scopes));
  const known = new Set([...standardScopes, ...defined]);
  const unknown = (client.scope ?? '').split(' ').filter((name) => name && !known.has(name));
  if (unknown.length === 0) return;
  const remedy = `Scopes it could have: ${[...known].join(' ')}. Further ones belong to APIs: list those under apis.`;
  report(['scope'], 'has scopes that none of its APIs defines', remedy);
}
