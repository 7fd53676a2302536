/**
 * What of the console is measured: each page as people open it, with what costs it the most. An address is below
 * `/console`; of several that one row has, each is of another object.
 */
import { dayMs } from '../../../src/definitions/units.ts';
import { eventDays, requestIdOf } from './events.ts';
import { clientName, personName, projectName, spread } from './names.ts';
import { keyIdOf, referenceOf, type Sizes } from './seed.ts';

export type MeasuredPage = {
  name: string;
  kind: 'page' | 'search';
  /** For the n-th request. */
  address: (request: number) => string;
};

/** `userId`: of the busy one. */
export function measuredPages(sizes: Sizes, userId: string, now: number): MeasuredPage[] {
  const page = (name: string, address: MeasuredPage['address']) =>
    ({ name, kind: 'page', address }) as const;
  const search = (name: string, text: (request: number) => string) =>
    ({
      name: `search: ${name}`,
      kind: 'search',
      address: (n: number) => `/search?q=${encodeURIComponent(text(n))}`,
    }) as const;
  const some = (salt: number, most: number) => (n: number) => spread(n, salt, most);
  const person = (n: number) => personName(some(51, sizes.users)(n));
  const client = (n: number) => clientName(some(52, sizes.clients)(n));
  const project = (n: number) => projectName(some(53, Math.ceil(sizes.keys / 100))(n));
  const keyId = (n: number) => keyIdOf(some(54, sizes.keys)(n));
  const reference = (n: number) => referenceOf(some(55, sizes.refusals)(n));
  const daysAgo = (days: number) => new Date(now - days * dayMs).toISOString();
  const midway = encodeURIComponent(daysAgo(eventDays / 2));

  return [
    page('home, a day', () => ''),
    page('home, 30 days', () => '?range=month'),
    page('home, 14 weeks', () => '?range=quarter'),

    page('clients', () => '/clients'),
    page('clients, amid', (n) => `/clients?after=${client(n).clientId}`),
    page('clients: a word', () => '/clients?text=billing'),
    page('clients: two words', () => '/clients?text=billing+web'),
    page('clients: one letter', () => '/clients?text=b'),
    page('clients: two letters', () => '/clients?text=b+w'),
    page('clients: disabled', () => '/clients?enabled=false'),
    page('clients: a source', () => '/clients?source=open'),
    page('clients: disabled, of a source', () => '/clients?source=open&enabled=false'),
    page('clients: enabled, of a source, a word', () => '/clients?source=open&enabled=true&text=b'),
    page('client', (n) => `/clients/${client(n).clientId}`),
    page('client: the busy one', () => '/clients/shop'),
    page('client: code', (n) => `/clients/${client(n).clientId}/code`),
    page('client: edit', (n) => `/clients/${client(n).clientId}/edit`),
    page('client: disable', (n) => `/clients/${client(n).clientId}/disable`),

    page('users', () => '/users'),
    page('users, amid', (n) => `/users?after=${person(n).username}`),
    page('users: a word', (n) => `/users?text=${person(n).given_name}`),
    page('users: full name', (n) => `/users?text=${person(n).given_name}+${person(n).family_name}`),
    page('users: one letter', () => '/users?text=a'),
    page('users: example.com a', () => '/users?text=example.com+a'),
    page('users: nothing has both', () => '/users?text=example.com+company'),
    page('users: of a large group', () => '/users?group=staff'),
    page('users: of a large group, disabled', () => '/users?group=staff&enabled=false'),
    page('users: of a large group, a letter', () => '/users?group=staff&text=a'),
    page(
      'users: of a large group, a rare name',
      (n) => `/users?group=staff&text=${person(n).email}`,
    ),
    page('users: disabled', () => '/users?enabled=false'),
    page('users: disabled, a letter', () => '/users?enabled=false&text=a'),
    page('user', (n) => `/users/${person(n).id}`),
    page('user: the busy one', () => `/users/${userId}`),
    page('user: edit', (n) => `/users/${person(n).id}/edit`),
    page('user: disable the busy one', () => `/users/${userId}/disable`),

    page('groups', () => '/groups'),
    page('projects', () => '/projects'),
    page('projects: a word', () => '/projects?text=team'),
    page('project', (n) => `/projects/${project(n).id}`),
    page('API keys', () => '/api-keys'),
    page('API keys: a word', () => '/api-keys?text=billing'),
    page('API keys: their first characters', () => '/api-keys?text=bench_li'),
    page('API keys: of an API, two words', () => '/api-keys?api=https://orders.example&text=b+w'),
    page('API keys: of the busy user', () => `/api-keys?user_id=${userId}`),
    page('API key', (n) => `/api-keys/${keyId(n)}`),
    page('signing keys', () => '/signing-keys'),
    page('revoke', () => '/revoke'),
    page('revoke: what the busy user loses', () => `/revoke/confirm?kind=user&name=${userId}`),
    page('revoke: what the busy client loses', () => '/revoke/confirm?kind=client&name=shop'),
    page('revoke: what everybody loses', () => '/revoke/confirm?kind=everything'),
    page('refusals', () => '/refusals'),
    page('refusals: of the busy client', () => '/refusals?client_id=shop'),
    page('refusals: of a reason', () => '/refusals?reason=client_unknown'),
    page('refusals: of both', () => '/refusals?client_id=shop&reason=client_unknown'),
    page('refusal', (n) => `/refusals/${reference(n)}`),

    page('audit log', () => '/audit'),
    page('audit log, amid', () => `/audit?before=${midway}`),
    page('audit log: a type', () => '/audit?type=sign_in.succeeded'),
    page('audit log: a rare type', () => '/audit?type=operator.added'),
    page('audit log: a user', (n) => `/audit?user_id=${person(n).id}`),
    page('audit log: the busy user', () => `/audit?user_id=${userId}`),
    page('audit log: the busy user, a type', () => `/audit?user_id=${userId}&type=token.issued`),
    page(
      'audit log: the busy user, a rare type',
      () => `/audit?user_id=${userId}&type=operator.added`,
    ),
    page('audit log: the busy client, a type', () => '/audit?client_id=shop&type=user.updated'),
    page('audit log: an actor, a type', () => `/audit?actor=user:${userId}&type=client.updated`),
    page('audit log: a target', (n) => `/audit?target_kind=client&target_id=${client(n).clientId}`),
    page(
      'audit log: a request',
      (n) => `/audit?request_id=${requestIdOf(some(56, sizes.events)(n))}`,
    ),
    page(
      'audit log: a type, some days',
      () =>
        `/audit?type=sign_out&from=${midway}&before=${encodeURIComponent(daysAgo(eventDays / 2 - 2))}`,
    ),
    page(
      'token preview',
      (n) => `/token-preview?client=shop&user=${person(n).username}&scopes=openid`,
    ),
    page('inspector', () => '/inspect'),
    page('which credential', () => '/which-credential'),

    search('mail address', (n) => person(n).email),
    search('username', (n) => person(n).username),
    search('full name', (n) => `${person(n).given_name} ${person(n).family_name}`),
    search('given name', (n) => person(n).given_name),
    search('beginning of a name', (n) => person(n).family_name.slice(0, 4)),
    search('one letter', (n) => 'abcdefghijklmnoprstvwyz'.charAt(n % 23)),
    search('two letters', () => 'a b'),
    search('three letters', () => 'a e s'),
    search('example.com a', () => 'example.com a'),
    search('example.com q', () => 'example.com q'),
    search('nothing has both', () => 'example.com company'),
    search('beginning of keys', () => 'bench_li'),
    search('client ID', (n) => client(n).clientId),
    search('client name', (n) => client(n).name),
    search('project', (n) => project(n).name),
    search('reference of a refusal', (n) => reference(n)),
    search('nothing', () => 'xyzzy-plugh'),
  ];
}
