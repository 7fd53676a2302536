import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, placesOf, problemsOf, production, temporaryFiles, withFile } from './support.ts';

const whole = `
apis:
  - identifier: https://orders.example
    name: Orders
    scopes: { "orders:read": See your orders }
    access_token_lifetime: 2m
    client_id: orders-api
clients:
  - client_id: shop
    client_name: Shop
    "client_name#de": Laden
    token_endpoint_auth_method: none
    redirect_uris: ["http://127.0.0.1:8080/callback"]
    grant_types: [authorization_code, refresh_token]
    scope: openid orders:read
    apis: [https://orders.example]
    refresh_token_grace: 0
  - client_id: orders-api
    client_secret: \${API_SECRET}
    grant_types: []
users:
  - username: alice
    password: "p\${SIGN}w$\${rd}"
    email: alice@example.com
    claims: { name: Alice Adams }
signing_keys: { rotate_every: 2s, publish_ahead: 1s }
sign_in: { attempts_per_account: 3/m }
outbound: { allow: [127.0.0.1, "fd00::/8"] }
`;
const apiSecret = 'a-secret-of-more-than-32-characters';

describe('Reading a valid declarative file', () => {
  test('A declarative file is read into typed values with defaults, variables and notations resolved', async (context) => {
    const env = await withFile(context, whole, { API_SECRET: apiSecret, SIGN: '$' });
    const { declaration } = await load(env);
    assert.equal(declaration.apis[0]?.access_token_lifetime, 120);
    assert.equal(declaration.apis[0].access_token_format, 'jwt');
    const [shop, api] = declaration.clients;
    assert.equal(shop?.refresh_token_grace, 0);
    assert.equal(shop.consent, 'ask');
    assert.equal(shop['client_name#de'], 'Laden');
    assert.equal(api?.client_secret, apiSecret);
    assert.equal(declaration.users[0]?.password, `p$w\${rd}`);
    assert.equal(declaration.users[0].email_verified, false);
    assert.equal(declaration.signing_keys.rotate_every, 2);
    assert.deepEqual(declaration.sign_in.attempts_per_account, { limit: 3, windowMs: 60_000 });
    assert.equal(declaration.audit.keep, 90 * 86_400);
    assert.equal(declaration.pages.name, 'Cardea');
  });

  test('A declarative file may be JSON indented with tabs', async (context) => {
    const text = JSON.stringify({ apis: [{ identifier: 'urn:a', name: 'A' }] }, null, '\t');
    const { declaration } = await load(await withFile(context, text));
    assert.equal(declaration.apis[0]?.identifier, 'urn:a');
  });

  test('The parsed declarative file is deeply frozen', async (context) => {
    const env = await withFile(context, whole, { API_SECRET: apiSecret, SIGN: '$' });
    const config = await load(env);
    assert.throws(() => config.declaration.clients[0]?.apis.push('x'), TypeError);
    assert.throws(
      () => Object.assign(config.declaration.users[0]?.claims ?? {}, { a: 1 }),
      TypeError,
    );
    assert.throws(() => Object.assign(config, { port: 1 }), TypeError);
  });

  test('A variable in the declarative file may come from a NAME_FILE variable', async (context) => {
    const { write } = await temporaryFiles(context);
    const API_SECRET_FILE = await write('api', `${apiSecret}\n`);
    const { declaration } = await load(
      await withFile(context, whole, { API_SECRET_FILE, SIGN: 'x' }),
    );
    assert.equal(declaration.clients[1]?.client_secret, apiSecret);
  });

  test('Paths in the declarative file are relative to its own folder', async (context) => {
    const { write } = await temporaryFiles(context);
    const logo = await write('logo.svg', '<svg/>');
    const path = await write('cardea.yaml', 'pages: { logo: logo.svg }');
    const { declaration } = await load({ ...production, CARDEA_CONFIG: path });
    assert.equal(declaration.pages.logo, logo);
  });
});

describe('Mistakes in the configuration', () => {
  test('Mistakes in environment and file are reported in one list, each with its place', async (context) => {
    const env = await withFile(
      context,
      `
apis:
  - identifier: not a uri
    nme: Orders
    scopes: { "or ders": x }
    access_token_lifetime: soon
  - { identifier: "https://a.example", name: A, client_id: nobody }
clients:
  - client_id: shop
    redirect_uri: [https://shop.example]
    redirect_uris: ["http://shop.example/cb", "https://shop.example/*", "https://shop.example/#a", "myapp:/cb", nope]
    client_secret: \${MISSING}
    scope: openid orders:read
    apis: [https://nowhere.example]
  - { client_id: shop, token_endpoint_auth_method: none, require_pkce: false, grant_types: [client_credentials] }
  - { client_id: job, grant_types: [client_credentials, implicit], id_token_signed_response_alg: PS256 }
  - { client_id: keyed, token_endpoint_auth_method: private_key_jwt, grant_types: [client_credentials] }
users:
  - { username: Alice, password: short }
  - { username: alice, password: "long enough", password_hash: plain, email: none }
  - { username: bob, subject: keyed }
  - { username: carol, subject: with a space }
signing_keys: { algorithm: RS257, rotate_every: 1d, publish_ahead: 1d }
pages: { logo: missing.svg, accent: blue }
outbound: { allow: [everywhere] }
sgin_in: {}
`,
      { CARDEA_PORT: 'http' },
    );
    assert.deepEqual(await placesOf(env), [
      'CARDEA_PORT',
      'apis[0].access_token_lifetime',
      'apis[0].identifier',
      'apis[0].name',
      'apis[0].nme',
      'apis[0].scopes[…]',
      'apis[1].client_id',
      'clients[0].apis[0]',
      'clients[0].client_secret',
      'clients[0].redirect_uri',
      'clients[0].redirect_uris[0]',
      'clients[0].redirect_uris[1]',
      'clients[0].redirect_uris[2]',
      'clients[0].redirect_uris[3]',
      'clients[0].redirect_uris[4]',
      'clients[0].scope',
      'clients[1].client_id',
      'clients[1].grant_types',
      'clients[1].require_pkce',
      'clients[2].client_secret',
      'clients[2].grant_types[1]',
      'clients[2].id_token_signed_response_alg',
      'clients[3].jwks',
      'outbound.allow[0]',
      'pages.accent',
      'pages.logo',
      'sgin_in',
      'signing_keys.algorithm',
      'signing_keys.publish_ahead',
      'users[0].password',
      'users[1]',
      'users[1].email',
      'users[1].password_hash',
      'users[1].username',
      'users[2].subject',
      'users[3].subject',
    ]);
  });

  test('A misspelt key or value is reported with a suggestion', async (context) => {
    const env = await withFile(context, 'client: []\nsigning_keys: { algorithm: rs256 }');
    const problems = await problemsOf(env);
    assert.deepEqual(problems.map(({ remedy }) => remedy).sort(), [
      'Did you mean RS256?',
      'Did you mean clients?',
    ]);
  });

  test('A file that is missing, too large or not text is reported with its variable', async (context) => {
    const { folder, write } = await temporaryFiles(context);
    const large = await write('large.yaml', `# ${'x'.repeat(1024 * 1024)}`);
    for (const path of [`${folder}/missing.yaml`, large, folder, '/dev/zero']) {
      assert.deepEqual(await placesOf({ ...production, CARDEA_CONFIG: path }), ['CARDEA_CONFIG']);
    }
  });

  test('A syntax error is reported with its line', async (context) => {
    const [problem] = await problemsOf(await withFile(context, 'apis:\n  - name: "x\n'));
    assert.match(problem?.where ?? '', /^line 3, column 1/);
  });

  test('A file that does not hold a map is refused', async (context) => {
    for (const text of ['just text', '- a\n- b', '42', 'null: [a', '\0']) {
      assert.equal((await placesOf(await withFile(context, text))).length > 0, true, text);
    }
  });

  test('No client that registers itself, or brings its own metadata, can be let into the admin API', async (context) => {
    const apis = ['urn:cardea:admin'];
    const text = { dynamic_registration: { apis }, client_id_metadata: { apis } };
    const places = await placesOf(await withFile(context, JSON.stringify(text)));
    assert.deepEqual(places, ['client_id_metadata.apis[0]', 'dynamic_registration.apis[0]']);
  });

  test('A variable that is unset or malformed is reported', async (context) => {
    const text = `pages: { name: "\${UNSET}" }\naudit: { keep: "\${NO-NAME}" }\nusers: "\${OPEN"`;
    const places = await placesOf(await withFile(context, text));
    assert.deepEqual(places, ['audit.keep', 'pages.name', 'users']);
  });

  test('The contents of a variable are text, never YAML', async (context) => {
    const env = await withFile(context, `pages: { name: "\${NAME}" }`, { NAME: '"}\nusers: [' });
    assert.equal((await load(env)).declaration.pages.name, '"}\nusers: [');
  });

  test('Mistakes that the protocol engine finds join the same list', async (context) => {
    const env = await withFile(
      context,
      `clients: [{ client_id: a, client_secret: "\${S}", grant_types: [] }]`,
      {
        S: apiSecret,
      },
    );
    const validate = async () => [
      { where: 'clients[0].jwks', problem: 'is odd', remedy: 'Mend it.' },
    ];
    assert.deepEqual(await placesOf(env, { validate }), ['clients[0].jwks']);
  });
});

describe('Ambiguous YAML', () => {
  for (const [name, text, place] of [
    ['a key that stands twice', 'pages: { name: A, name: B }', 'pages'],
    ['an alias', 'pages: { name: *a }', 'pages.name'],
    ['an anchor', 'pages: &a { name: A }', 'pages'],
    ['a merge key', 'pages: { <<: { name: A } }', 'pages[…]'],
    ['a tag', 'pages: { name: !secret A }', 'pages.name'],
    ['binary data', 'pages: { name: !!binary aGVsbG8= }', 'pages.name'],
    ['a prototype', 'pages: { __proto__: { name: A } }', 'pages'],
    ['a key that is a list', '? [a, b]\n: c', 'the file'],
    ['a second document', 'pages: {}\n---\npages: {}\n', 'line 2, column 1 of the file'],
    ['data nested too deeply', `pages: ${'['.repeat(60)}${']'.repeat(60)}`, undefined],
  ] as const) {
    test(`A declarative file with ${name} is refused`, async (context) => {
      const places = await placesOf(await withFile(context, text));
      if (place) assert.ok(places.includes(place), places.join());
    });
  }

  test('A thousand nested aliases do not slow parsing down', async (context) => {
    const level = (name: string, of: string) => `${name}: &${name} [${`*${of},`.repeat(10)}]\n`;
    const bomb = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, index) =>
      level(name, String.fromCharCode(97 + index)),
    );
    await problemsOf(await withFile(context, `a: &a [x]\n${bomb.join('')}`));
  });

  test('Ten thousand unbalanced brackets are reported as a syntax error', async (context) => {
    await problemsOf(await withFile(context, '[{'.repeat(10_000)));
  });
});
