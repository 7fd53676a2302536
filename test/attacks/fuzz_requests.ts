/**
 * Random requests: some that are valid but for a detail, some registrations, some of anything at all.
 */
import fc from 'fast-check';
import { basic } from '../support/flows.ts';
import { type Pairs, parameters } from './authorization.ts';
import {
  callback,
  jobSecret,
  orders,
  ordersSecret,
  shopSecret,
  signedOut,
} from './configuration.ts';

export type Sent = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer;
};

const endpoints = [
  ...['authorize', 'token', 'userinfo', 'introspect', 'revoke', 'par', 'device_authorization'],
  ...['device', 'device/x', 'register', 'register/app', 'logout', 'logout/confirm'],
  ...['logout/success', 'interaction/x', 'interaction/x/sign-in', 'interaction/x/consent'],
  ...['authorize/x', '.well-known/openid-configuration', '.well-known/jwks.json', 'assets/x'],
  ...['.well-known/oauth-authorization-server', '', 'admin', 'api-keys/verify', 'favicon.ico'],
].map((path) => `/${path}`);

const names = [
  ...['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'grant_type'],
  ...['code', 'code_verifier', 'redirect_uri', 'refresh_token', 'device_code', 'scope', 'resource'],
  ...['response_type', 'response_mode', 'state', 'nonce', 'prompt', 'max_age', 'ui_locales'],
  ...['id_token_hint', 'login_hint', 'acr_values', 'claims', 'request', 'request_uri'],
  ...['registration', 'code_challenge', 'code_challenge_method', 'dpop_jkt', 'token'],
  ...['token_type_hint', 'access_token', 'user_code', 'xsrf', 'confirm', 'abort', 'logout'],
  ...['post_logout_redirect_uri', 'authorization_details', 'audience', 'username', 'password'],
  ...['csrf', 'subject_token', 'subject_token_type', '__proto__', 'constructor', 'a[]', ''],
];

const values = [
  ...['app', 'shop', 'job', 'signer', 'native-app', 'orders-api', callback, orders, 'openid'],
  ...['openid profile offline_access', 'orders:read', 'code', 'token', 'none', 'login consent'],
  ...['S256', 'plain', 'query', 'fragment', 'form_post', 'jwt', 'form_post.jwt', 'web_message'],
  ...['authorization_code', 'refresh_token', 'client_credentials', 'password', 'yes'],
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  'urn:ietf:params:oauth:request_uri:x',
  'urn:ietf:params:oauth:request_uri:#x',
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AA',
  '{"userinfo":{"name":null},"id_token":{"acr":{"essential":true}}}',
  '[{"type":"x"}]',
  'a'.repeat(43),
  jobSecret,
  ...['0', '-1', '1e999', 'NaN', '#x', '~x', '%', '%00', '\u0000', '\ud800', '//x', '../..'],
];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...values) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.string({ maxLength: 10 }) },
);
const pairs = fc.array(fc.tuple(name, value), { maxLength: 12 });
/** Mostly encoded as it should be. */
const form = fc.oneof(
  {
    weight: 9,
    arbitrary: pairs.map((list) => new URLSearchParams(list).toString()),
  },
  { weight: 1, arbitrary: pairs.map((list) => list.map((pair) => pair.join('=')).join('&')) },
);

const metadataNames = [
  ...['redirect_uris', 'grant_types', 'response_types', 'scope', 'jwks', 'jwks_uri', 'contacts'],
  ...['client_name', 'token_endpoint_auth_method', 'subject_type', 'application_type', 'client_id'],
  ...['sector_identifier_uri', 'default_max_age', 'id_token_signed_response_alg', 'logo_uri'],
  ...['post_logout_redirect_uris', 'backchannel_logout_uri', 'default_acr_values', 'consent'],
  ...['client_secret', 'response_modes', 'require_auth_time', 'dpop_bound_access_tokens'],
];
const metadata = fc
  .array(
    fc.tuple(
      fc.constantFrom(...metadataNames),
      fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.constantFrom<unknown>(
          ...[[callback], ['code'], 'private_key_jwt', 'pairwise', 'native', 'none', 'openid'],
          ...[{ keys: [{ kty: 'EC' }] }, [['x']], ['authorization_code'], 'https://x.example/'],
        ),
      ),
    ),
    { maxLength: 6 },
  )
  .map((members) => JSON.stringify(Object.fromEntries(members)));

const body = fc.oneof(
  { weight: 6, arbitrary: form },
  { weight: 3, arbitrary: metadata },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);

/** Header values as HTTP allows them. */
const headerText = fc.string({ maxLength: 60, unit: 'binary' }).map((raw) =>
  Buffer.from(raw)
    .toString('latin1')
    .replace(/\p{Cc}/gu, ''),
);
const authorization = fc.oneof(
  fc.constantFrom(
    basic('job', jobSecret),
    basic('shop', shopSecret),
    basic('orders-api', ordersSecret),
    basic('app', 'x'),
    'Bearer x',
    'Bearer token',
    'DPoP x',
    'Basic eA==',
  ),
  headerText,
);
const headers = fc.record(
  {
    authorization,
    'content-type': fc.constantFrom(
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded; charset=utf-8',
      'application/json',
      'application/json; charset=utf-16',
      'multipart/form-data; boundary=x',
      'text/html',
      '',
    ),
    accept: fc.constantFrom('text/html', 'application/json', '*/*', 'image/png', ';q=1', ''),
    cookie: fc.oneof(headerText, fc.constant('cardea_session=x; cardea_interaction=x')),
    dpop: fc.oneof(headerText, fc.constantFrom(...values.filter((text) => /^[!-~]+$/.test(text)))),
    origin: fc.constantFrom('https://app.example', 'null', 'x'),
    'accept-language': headerText,
    'access-control-request-method': fc.constantFrom('POST', 'x'),
    'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site'),
    'if-none-match': headerText,
    'content-encoding': fc.constantFrom('gzip', 'x'),
    'x-forwarded-for': headerText,
    forwarded: headerText,
  },
  { requiredKeys: ['content-type'] },
);

type Template = { method: string; path: string; headers: Record<string, string>; pairs: Pairs };

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const asJob = { authorization: basic('job', jobSecret) };
const template = (
  method: string,
  path: string,
  pairs: Pairs,
  headers: Record<string, string> = {},
): Template => ({ method, path, headers, pairs });
/** Requests that are in order, or nearly. */
const templates: Template[] = [
  template('GET', '/authorize', parameters()),
  template('GET', '/authorize', parameters({ resource: orders, scope: 'openid orders:read' })),
  template('POST', '/authorize', parameters()),
  template('POST', '/par', parameters()),
  template('POST', '/device_authorization', [['client_id', 'app']]),
  template(
    'POST',
    '/token',
    [
      ['grant_type', 'client_credentials'],
      ['resource', orders],
    ],
    asJob,
  ),
  template('POST', '/token', [
    ['grant_type', 'refresh_token'],
    ['client_id', 'app'],
    ['refresh_token', 'x'],
  ]),
  template('POST', '/token', [
    ['grant_type', deviceGrant],
    ['client_id', 'app'],
    ['device_code', 'x'],
  ]),
  template('POST', '/token', [
    ['grant_type', 'authorization_code'],
    ['client_id', 'app'],
    ['code', 'x'],
    ['redirect_uri', callback],
    ['code_verifier', 'x'.repeat(43)],
  ]),
  template('POST', '/introspect', [['token', 'x']], {
    authorization: basic('orders-api', ordersSecret),
  }),
  template('POST', '/revoke', [
    ['token', 'x'],
    ['client_id', 'app'],
  ]),
  template('GET', '/logout', [
    ['client_id', 'app'],
    ['post_logout_redirect_uri', signedOut],
  ]),
  template('GET', '/device', [['user_code', 'AAAA-AAAA']]),
  template('GET', '/userinfo', [], { authorization: 'Bearer x' }),
];

/** A template with up to three parameters changed, added or left out, and now and then another header. */
const nearlyValid: fc.Arbitrary<Sent> = fc
  .record({
    base: fc.constantFrom(...templates),
    changes: fc.array(
      fc.record({
        at: fc.nat({ max: 8 }),
        pair: fc.option(fc.tuple(name, value), { nil: undefined }),
        inPlace: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    more: fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
  })
  .map(({ base, changes, more }) => {
    const list: Pairs = [...base.pairs];
    for (const { at, pair, inPlace } of changes) {
      const old = list[at];
      const next: Pairs = pair ? [inPlace && old ? [old[0], pair[1]] : pair] : [];
      list.splice(at, inPlace ? 1 : 0, ...next);
    }
    const content = new URLSearchParams(list).toString();
    const isRead = base.method === 'GET';
    return {
      method: base.method,
      path: isRead ? `${base.path}?${content}` : base.path,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...base.headers,
        ...more,
      },
      body: isRead ? '' : content,
    };
  });

const registration: fc.Arbitrary<Sent> = metadata.map((members) => ({
  method: 'POST',
  path: '/register',
  headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
  body: JSON.stringify({ redirect_uris: [callback], ...JSON.parse(members) }),
}));

const anything: fc.Arbitrary<Sent> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'),
    endpoint: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...endpoints) },
      { weight: 1, arbitrary: fc.webPath() },
    ),
    query: fc.oneof(form, fc.constant('')),
    headers,
    body,
  })
  .map(({ method, endpoint, query, headers: own, body: content }) => ({
    method,
    path: `${endpoint}?${query}`.replace(/[^!-~]/g, (odd) => encodeURI(odd.toWellFormed())),
    headers: own,
    body: method === 'GET' || method === 'HEAD' ? '' : content,
  }));

/** `Bearer token` stands for a real initial access token. */
export const sent: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 3, arbitrary: nearlyValid },
  { weight: 1, arbitrary: registration },
  { weight: 1, arbitrary: anything },
);

/** A request that is in order. */
export const clientCredentials: Sent = {
  method: 'POST',
  path: '/token',
  headers: { ...asJob, 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ grant_type: 'client_credentials', resource: orders }).toString(),
};
