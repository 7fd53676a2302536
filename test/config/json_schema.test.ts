/** The JSON Schema of the declarative file: editors complete and check the file by it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { declarationJsonSchema, type JsonSchema } from '../../src/config/json_schema.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { blocks, placeOf, root } from '../docs/pages.ts';
import { unsaidRefinements } from './refinements.ts';

const schema = declarationJsonSchema();
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const validate = ajv.compile(schema);

/** Where the schema refuses it. */
function refusals(data: unknown): string[] {
  return validate(data) ? [] : (validate.errors ?? []).map(({ instancePath }) => instancePath);
}

const files = ['deploy/cardea.yaml', 'demo/cardea.yaml'].map((path) => ({
  place: path,
  text: readFileSync(join(root, path), 'utf8'),
}));
const shown = blocks
  .filter(({ language, shownFile }) => language === 'yaml' && !shownFile)
  .map((block) => ({ place: placeOf(block), text: block.text }));

describe('JSON Schema of the declarative file', () => {
  for (const { place, text } of [...files, ...shown]) {
    test(`The JSON Schema accepts ${place}, and the first line of that file names the schema`, () => {
      assert.deepEqual(refusals(parse(text) ?? {}), []);
      assert.match(text, /^# yaml-language-server: \$schema=(\S+)$/m);
    });
  }

  test("The schema is at the path that the project's files name", () => {
    for (const { place, text } of files) {
      const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
      const named = readFileSync(join(root, dirname(place), path), 'utf8');
      assert.deepEqual(JSON.parse(named), schema);
    }
  });

  test('The JSON Schema accepts the empty file, every default, and a variable in place of any text', () => {
    assert.deepEqual(refusals({}), []);
    assert.deepEqual(refusals({ $schema: './cardea.schema.json' }), []);
    const variables = parse(`
      apis: [{ identifier: "\${A}", name: "\${B}", access_token_lifetime: "\${C}" }]
      clients: [{ client_id: "\${D}", client_secret: "\${E}", redirect_uris: ["\${F}/callback"] }]
      users: [{ username: "\${G}", password: "\${H}", email: "\${I}@example.com" }]
      pages: { accent: "\${J}", default_locale: "\${K}" }
      webhooks: [{ url: "https://\${L}/hooks", secret: "\${M}" }]`);
    assert.deepEqual(refusals(variables), []);
    for (const { path, node } of keysOf(schema)) {
      const isFit = ajv.compile({ ...node, $defs: schema.$defs });
      if (node.default !== undefined) assert.ok(isFit(node.default), path.join('.'));
    }
  });

  test('The JSON Schema refuses nothing that Cardea accepts, at any key', () => {
    let taken = 0;
    for (const { path } of keysOf(schema)) {
      for (const value of values) {
        const data = nest(path, value);
        if (!declarationSchema.safeParse(data).success) continue;
        taken += 1;
        assert.deepEqual(refusals(data), [], JSON.stringify(data));
      }
    }
    assert.ok(taken > 500);
  });

  const mistakes: Record<string, [data: unknown, place: string]> = {
    'a misspelt section': [{ client: [] }, ''],
    'a misspelt key of a client': [
      { clients: [{ client_id: 'a', redirect_uri: [] }] },
      '/clients/0',
    ],
    'a client without an identifier': [{ clients: [{ scope: 'openid' }] }, '/clients/0'],
    'a grant type that there is not': [
      { clients: [{ client_id: 'a', grant_types: ['password'] }] },
      '/clients/0/grant_types/0',
    ],
    'a list that is a text': [
      { clients: [{ client_id: 'a', redirect_uris: 'https://a.example' }] },
      '/clients/0/redirect_uris',
    ],
    'a URI without a scheme': [
      { clients: [{ client_id: 'a', redirect_uris: ['a.example/callback'] }] },
      '/clients/0/redirect_uris/0',
    ],
    'an origin with a path': [
      { clients: [{ client_id: 'a', cors_origins: ['https://a.example/'] }] },
      '/clients/0/cors_origins/0',
    ],
    'a short client secret': [
      { clients: [{ client_id: 'a', client_secret: 'short' }] },
      '/clients/0/client_secret',
    ],
    'an API without a name': [{ apis: [{ identifier: 'https://a.example' }] }, '/apis/0'],
    'an API with a fragment': [
      { apis: [{ identifier: 'https://a.example#b', name: 'A' }] },
      '/apis/0/identifier',
    ],
    'a language that pages do not speak': [
      { apis: [{ identifier: 'https://a.example', name: { fr: 'A' } }] },
      '/apis/0/name',
    ],
    'a scope that is a list': [
      { apis: [{ identifier: 'https://a.example', name: 'A', scopes: ['read'] }] },
      '/apis/0/scopes',
    ],
    'a duration without a unit that there is': [
      { signing_keys: { rotate_every: '30 days' } },
      '/signing_keys/rotate_every',
    ],
    'a duration in seconds that is too long': [
      { revocation: { effective_within: 3601 } },
      '/revocation/effective_within',
    ],
    'a rate without a span': [
      { sign_in: { attempts_per_account: '10' } },
      '/sign_in/attempts_per_account',
    ],
    'a short password': [{ users: [{ username: 'a', password: '1234567' }] }, '/users/0/password'],
    'the hash of a password as the password': [
      { users: [{ username: 'a', password: '$2b$10$abcdefghijklmnopqrstuv' }] },
      '/users/0/password',
    ],
    'a password beside its hash': [
      {
        users: [
          {
            username: 'a',
            password: 'long enough',
            password_hash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
          },
        ],
      },
      '/users/0',
    ],
    'true as a text': [
      { dynamic_registration: { enabled: 'true' } },
      '/dynamic_registration/enabled',
    ],
    'a colour by its name': [{ pages: { accent: 'red' } }, '/pages/accent'],
    'a host as a network': [{ outbound: { allow: ['db.example'] } }, '/outbound/allow/0'],
    'a webhook secret without its prefix': [
      { webhooks: [{ url: 'https://a.example', secret: 'c2VjcmV0' }] },
      '/webhooks/0/secret',
    ],
    'a tier without a name that can be': [
      { api_keys: { tiers: { 'a b': {} } } },
      '/api_keys/tiers',
    ],
  };
  for (const [mistake, [data, place]] of Object.entries(mistakes)) {
    test(`The JSON Schema refuses ${mistake}, as Cardea does`, () => {
      assert.ok(refusals(data).includes(place), JSON.stringify(validate.errors));
      const isCardeas = declarationSchema.safeParse(data).success;
      // Misspelt members of clients are found by consistency.ts.
      assert.ok(!isCardeas || mistake.includes('key of a client'));
    });
  }

  test('The JSON Schema describes each key', () => {
    const keys = keysOf(schema);
    assert.ok(keys.length > 100);
    const silent = keys.filter(({ node }) => !node.description).map(({ path }) => path.join('.'));
    assert.deepEqual(silent, []);
  });

  test('The JSON Schema expresses each refinement as a pattern or in words', () => {
    assert.deepEqual(unsaidRefinements(declarationSchema), []);
  });
});

type Key = { path: string[]; node: JsonSchema };

/** Every key, with the path to it; `[]` is an entry of a list. */
function keysOf(node: unknown, path: string[] = []): Key[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties, items, anyOf, additionalProperties } = node as Record<string, never>;
  return [
    ...Object.entries((properties ?? {}) as Record<string, JsonSchema>).flatMap(
      ([name, member]) => [
        { path: [...path, name], node: member },
        ...keysOf(member, [...path, name]),
      ],
    ),
    ...keysOf(items, [...path, '[]']),
    ...((anyOf ?? []) as unknown[]).flatMap((one) => keysOf(one, path)),
    ...keysOf(additionalProperties, [...path, 'any']),
  ];
}

/** What somebody may write somewhere. */
const values: readonly unknown[] = [
  ...[
    '',
    ' ',
    'a',
    'A-1',
    'orders:read',
    'jwt',
    'none',
    'ask',
    'fapi2',
    'web',
    'RS256',
    'en',
    'keep',
  ],
  ...['10m', '0', '90d', '10/15m', '1/h', '10.0.0.0/8', '::1', '192.0.2.1', '#4F46e5', 'logo.svg'],
  ...[
    'https://a.example',
    'HTTP://a.example/ü?b#c',
    'https://bücher.example',
    'com.example:/callback',
  ],
  ...[
    'urn:example:api',
    'alice@example.com',
    "o'neil+x@sub.example.co",
    'long enough for a password',
  ],
  ...['whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', 'api_key.leaked', 'api_key.*'],
  '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA',
  ...[0, 1, 5, 10.5, 600, 86_400, 1_000_000, -1, true, false, null],
  ...[
    [],
    ['a'],
    ['openid'],
    ['code'],
    ['refresh_token'],
    ['https://a.example/b'],
    ['https://a.example', 'capacitor://localhost'],
    ['7d', 60],
    ['::1/128'],
  ],
  ...[{}, { en: 'A' }, { de: 'A', en: 'B' }, { a: 'B' }, { 'orders:read': { en: 'Read' } }],
  ...[{ keys: [{ kty: 'RSA', n: 'x' }] }, { free: { requests_per_month: 5 } }, { name: 'Alice' }],
];

const entries: Record<string, object> = {
  apis: { identifier: 'https://a.example', name: 'A' },
  clients: { client_id: 'a' },
  users: { username: 'a' },
  webhooks: {
    url: 'https://a.example',
    secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
  },
};

/** A file with this value at the key, and what has to be around it. */
function nest([first, ...rest]: readonly string[], value: unknown, within = 'file'): unknown {
  if (first === undefined) return value;
  const inner = nest(rest, value, first);
  if (first === '[]') return [{ ...entries[within], ...(inner as object) }];
  return { [first === 'any' ? 'en' : first]: inner };
}
