/** Requests as they should be, one of each kind. `{…}` stands for a credential that is made when it is sent. */
import { basic } from '../../support/flows.ts';
import { exchangeGrant, notes, oddClient, oddSecret, orders, secret } from './configuration.ts';

export type Pairs = [name: string, value: string][];

export type MachineRequest = {
  method: string;
  path: string;
  headers: Pairs;
  /** Sent as a form. */
  pairs?: Pairs;
  /** Sent as it is, instead of the form; one byte for each character. */
  text?: string;
  /** How the end of the body is told. */
  framing: 'length' | 'chunked' | 'nothing';
  version?: '1.0' | '1.1';
  /** The one of its endpoint that meets every oddity of the wire. */
  isPlain?: boolean;
};

const form = 'application/x-www-form-urlencoded';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const post = (path: string, pairs: Pairs, headers: Pairs = []): MachineRequest => ({
  ...{ method: 'POST', path, pairs, framing: 'length' },
  headers: [['Content-Type', form], ...headers],
});
const as = (clientId: string, own = secret): Pairs => [['Authorization', basic(clientId, own)]];
const credentials: Pairs = [
  ['grant_type', 'client_credentials'],
  ['resource', orders],
];
const exchange = (token: string, type: string): Pairs => [
  ['grant_type', exchangeGrant],
  ['subject_token', token],
  ['subject_token_type', type],
];
const keyExchange = exchange('{key}', 'urn:cardea:token-type:api_key');
const inBody = (clientId: string): Pairs => [
  ['client_id', clientId],
  ['client_secret', secret],
];
const read = (path: string, headers: Pairs = []): MachineRequest => ({
  ...{ method: 'GET', path, headers, framing: 'nothing', isPlain: true },
});

export const requestsInOrder: Record<string, MachineRequest> = {
  'a token by Basic': { ...post('/token', credentials, as('job')), isPlain: true },
  'a token by a secret in the body': post('/token', [...credentials, ...inBody('post-job')]),
  'a token by encoded Basic': post('/token', credentials, as(oddClient, oddSecret)),
  'a token by an assertion': post('/token', [
    ...credentials,
    ['client_assertion_type', assertionType],
    ['client_assertion', '{assertion}'],
  ]),
  'an opaque token': post('/token', [credentials[0] ?? ['', ''], ['resource', notes]], as('job')),
  'an exchange of a token': post('/token', exchange('{jwt}', accessTokenType), as('job')),
  'an exchange of an API key': { ...post('/token', keyExchange), isPlain: true },
  'an exchange of an API key by a client': post('/token', keyExchange, as('job')),
  'an introspection of a JWT': {
    ...post('/introspect', [['token', '{jwt}']], as('orders-api')),
    isPlain: true,
  },
  'an introspection of an own JWT': post('/introspect', [['token', '{jwt}']], as('job')),
  'an introspection of an opaque token': post(
    '/introspect',
    [
      ['token', '{opaque}'],
      ['token_type_hint', 'access_token'],
    ],
    as('notes-api'),
  ),
  'an introspection of an API key': post('/introspect', [['token', '{key}']], as('orders-api')),
  "an introspection of another API's token": post(
    '/introspect',
    [['token', '{jwt}']],
    as('notes-api'),
  ),
  'a revocation of a JWT': {
    ...post('/revoke', [['token', '{fresh jwt}']], as('job')),
    isPlain: true,
  },
  'a revocation of an opaque token': post(
    '/revoke',
    [
      ['token', '{fresh opaque}'],
      ['token_type_hint', 'access_token'],
    ],
    as('job'),
  ),
  "a revocation of another client's token": post(
    '/revoke',
    [['token', '{jwt}'], ...inBody('post-job')],
    [],
  ),
  'a revocation by a public client': post('/revoke', [
    ['token', '{jwt}'],
    ['client_id', 'app'],
  ]),
  'a verification of an API key': {
    ...{ method: 'POST', path: '/api-keys/verify', framing: 'length', isPlain: true },
    headers: [['Content-Type', 'application/json'], ...as('orders-api')],
    text: '{"key":"{key}","scopes":["orders:read"]}',
  },
  'forward-auth with a JWT': read(`/forward-auth?api=${orders}`, [
    ['Authorization', 'Bearer {jwt}'],
  ]),
  'forward-auth with an API key': read(`/forward-auth?api=${orders}`, [['X-Api-Key', '{key}']]),
  'the JWKS': read('/.well-known/jwks.json'),
  'the discovery document': read('/.well-known/openid-configuration'),
};
