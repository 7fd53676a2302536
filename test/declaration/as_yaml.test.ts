/** Records as YAML: the declarative file takes what is shown, and applying it changes nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { testSecret } from '../../harness/test_secret.ts';
import { createServices, type Services } from '../../src/app/services.ts';
import { bySystem as by } from '../../src/audit/room.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { parseDeclarationText } from '../../src/config/document.ts';
import { findContradictions } from '../../src/config/schema/consistency.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createVariables } from '../../src/config/variables.ts';
import { SecretPlaceholder, yamlText } from '../../src/declaration/yaml_text.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { onSqlite } from '../support/stores.ts';

/** What would be a reference to a variable. */
const variable = (name: string) => `\${${name}}`;
const secret = 'the-declared-secret-of-a-client-for-these-tests';

/** As a start reads it. Fails the test for whatever is wrong with it. */
async function readYaml(text: string, env: Record<string, string> = {}): Promise<unknown> {
  const problems: unknown[] = [];
  const report = (problem: unknown) => void problems.push(problem);
  const data = await parseDeclarationText(text, createVariables(env, report), report);
  assert.deepEqual(problems, [], text);
  return data;
}

const file = {
  apis: [
    {
      ...{ identifier: 'https://orders.example', name: { en: 'Orders', de: 'Bestellungen' } },
      ...{ aliases: ['urn:orders'], access_token_lifetime: '90m', claims: ['roles'] },
      scopes: { 'orders:read': `${variable('NOT_A_VARIABLE')} & $5`, yes: 'no' },
      ...{ client_id: 'orders-api', user_key_scopes: ['yes'] },
    },
  ],
  clients: [
    { client_id: 'orders-api', client_secret: secret, grant_types: [] },
    {
      ...{ client_id: '9-shop.web', client_name: '# Shop: "1e3"', 'client_name#de': 'Laden' },
      ...{ token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1:8080/callback'] },
      ...{ grant_types: ['authorization_code', 'refresh_token'], refresh_token_grace: '30s' },
      ...{ scope: 'openid offline_access orders:read', apis: ['https://orders.example'] },
    },
  ],
  users: [
    {
      ...{ username: 'alice', password: 'a password of alice', email: 'alice@example.com' },
      ...{ email_verified: true, roles: ['on', '0x1f'], groups: ['~'] },
      claims: { name: `Alice\n${variable('ALICE')}`, address: { locality: 'Köln \u202e' } },
    },
    { username: 'bob@example.com' },
  ],
};

describe('YAML of the declarative file', () => {
  test('Any value is read as it was written, whatever is in it', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed()),
      fc.constantFrom(
        variable('A'),
        `$${variable('A')}`,
        '${',
        '&a',
        '*a',
        '!!str',
        '---',
        '#',
        '1e3',
        'null',
        '\u2028\u0085',
      ),
    );
    const key = text.filter((one) => one !== '__proto__');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const shared = { of: 'two' };
    await fc.assert(
      fc.asyncProperty(tree, text, async (value, comment) => {
        const data = { value, one: shared, other: shared };
        assert.deepEqual(await readYaml(await yamlText(data, [comment])), data);
      }),
      { numRuns: 100 },
    );
  });

  test('A secret is a reference to a variable, however its owner is called', async () => {
    for (const owner of ['shop', '9 lives', 'Ä.é-x', '', '_']) {
      const placeholder = new SecretPlaceholder(owner, 'secret');
      const text = await yamlText({ client_secret: placeholder });
      const read = await readYaml(text, { [placeholder.name]: 'the value' });
      assert.deepEqual(read, { client_secret: 'the value' }, owner);
    }
  });
});

onSqlite((stores) => {
  describe('Records as YAML', () => {
    let store: Store;
    let services: Services;
    const env = { ORDERS_API_SECRET: secret, HOOKS_EXAMPLE_WEBHOOK_SECRET: 'set by the test' };

    before(async () => {
      store = await openStore({ url: await stores.freshUrl() });
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const secrets = [Buffer.from(testSecret, 'base64url')];
      const own = { issuer: 'https://id.example', developmentMode: false, secrets };
      const config = { ...own, declaration: declarationSchema.parse({}) };
      services = createServices({ config, store, clock, log });
      const declared = declarationSchema.parse(file);
      await (await services.apiRecords()).applyDeclared(declared.apis);
      await (await services.clients()).applyDeclared(declared.clients);
      await (await services.users()).applyDeclared(declared.users);
    });
    after(async () => {
      await services.close();
      await store.close();
    });

    const check = async (text: string) => {
      const data = await readYaml(text, env);
      assert.deepEqual(findContradictions(data), [], text);
      return declarationSchema.parse(data);
    };

    test('What is shown of a client, an API and a user is accepted, and applying it changes nothing', async () => {
      const yaml = await services.yaml();
      const [clients, users, apis] = [
        await services.clients(),
        await services.users(),
        await services.apiRecords(),
      ];
      for (const record of (await clients.list({ limit: 99 })).items) {
        const shown = await check(await yaml.client(record));
        assert.ok(shown.clients.some(({ client_id }) => client_id === record.clientId));
        const result = await clients.applyDeclared(shown.clients);
        assert.deepEqual([result.created, result.updated], [[], []]);
        assert.deepEqual((await apis.applyDeclared(shown.apis)).updated, []);
      }
      for (const api of (await apis.list({ limit: 9 })).items) {
        const shown = await check(await yaml.api(api));
        assert.deepEqual((await apis.applyDeclared(shown.apis)).updated, []);
      }
      for (const record of (await users.list({ limit: 9 })).items) {
        const text = await yaml.user(record);
        assert.ok(!text.includes('argon2'));
        const shown = await check(text);
        const result = await users.applyDeclared(shown.users);
        assert.deepEqual([result.created, result.updated], [[], []]);
      }
      assert.ok(await users.authenticate('alice', 'a password of alice'));
    });

    test('An operator can move a client that was made at run time into the file, with its API', async () => {
      const identifier = 'urn:billing';
      await (await services.apiRecords()).create({ identifier, name: 'B', scopes: { b: 'B' } }, by);
      const metadata = { grant_types: ['client_credentials'], scope: 'b', apis: [identifier] };
      const { record, secret: own } = await (await services.clients()).create({
        ...{ clientId: 'made', metadata },
      });
      const text = await (await services.yaml()).client(record);
      const data = await readYaml(text, { MADE_SECRET: own ?? '' });
      assert.deepEqual(findContradictions(data), []);
      const shown = declarationSchema.parse(data);
      assert.deepEqual(
        shown.apis.map((api) => api.identifier),
        [identifier],
      );
      await (await services.clients()).applyDeclared(shown.clients);
      const moved = await (await services.clients()).find('made');
      assert.deepEqual(moved?.secretHashes, record.secretHashes);
    });

    test('A webhook and the settings are shown as the file has them', async () => {
      const yaml = await services.yaml();
      const url = `https://hooks.example/?key=${variable('X')}`;
      const shown = await readYaml(await yaml.webhook({ url, events: ['api_key.*'] }), env);
      const hook = { url, secret: 'set by the test', events: ['api_key.*'] };
      assert.deepEqual(shown, { webhooks: [hook] });
      const name = `Acme: ${variable('ID')}`;
      await services.settings.change({ pages: { name, accent: '#123456' } }, by);
      const settings = await check(await yaml.settings(await services.settings.read()));
      assert.deepEqual([settings.pages.name, settings.pages.accent], [name, '#123456']);
    });
  });
});
