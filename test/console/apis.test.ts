/**
 * APIs on the pages of the console: created with the code that verifies their tokens, changed, stopped, and offered where
 * one is chosen. One server for all.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { formsOf, type Page } from '../../harness/user_agent.ts';
import { basic, postForm } from '../support/flows.ts';
import { elementsOf } from '../support/html.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import {
  alice,
  besides,
  carol,
  createOperator,
  declaration,
  fieldOf,
  headingOf,
  type Operator,
  ordersApi,
} from './scene.ts';

const run = promisify(execFile);
const parcels = 'https://parcels.example/v1?a=1';
const path = `/apis/${encodeURIComponent(parcels)}`;
const ordersPath = `/apis/${encodeURIComponent(ordersApi)}`;

/** Columns of the rows of scopes. */
const rows = (...all: readonly (readonly [name: string, text: string, german?: string])[]) => ({
  scopes: all.map(([name]) => name),
  'scopes.text': all.map(([, text]) => text),
  'scopes.text.de': all.map(([, , german = '']) => german),
});

onSqlite((stores) => {
  describe('APIs on the console', () => {
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
      owner = await createOperator(server.issuer, alice);
    });
    after(() => server?.close());

    const send = async (below: string, fields: Record<string, string | string[]>) =>
      owner.send(await owner.open(`${path}${below}`), new RegExp(`${below}(\\?|$)`), fields);
    const yamlOf = ({ html }: Page) => codesOf(html).at(-1) ?? '';

    test('An owner creates an API with its scopes, and the code that is shown verifies tokens for it', async () => {
      const form = await owner.open('/new-api');
      const fields = {
        ...{ name: 'Parcels', 'name.de': 'Pakete', identifier: parcels },
        ...rows(['parcels:read', 'See your parcels', 'Ihre Pakete sehen'], ['parcels:write', '']),
      };
      const made = await owner.send(form, /new-api$/, fields);
      assert.equal(headingOf(made), 'Parcels is ready');
      const again = await owner.send(form, /new-api$/, fields);
      assert.equal(headingOf(again), 'Parcels is ready', 'sent twice, the form creates one API');
      const codes = codesOf(made.html);
      const encoded = 'https%3A%2F%2Fparcels.example%2Fv1%3Fa%3D1';
      assert.ok(
        codes.includes(
          `proxy_pass http://cardea/forward-auth?api=${encoded}&scope=parcels%3Aread&token=jwt&refuse_with=403;`,
        ),
      );
      await withToken(async (token) => {
        const [main = '', ask = ''] = [
          codes.find((code) => code.includes('createVerifier')),
          codes.find((code) => code.includes('curl -i')),
        ];
        const { stdout } = await run('sh', ['-c', ask], { env: { ...process.env, TOKEN: token } });
        assert.match(stdout, /^HTTP\/1\.1 200 /);
        await runningAsShown(main, async (url) => {
          assert.equal((await fetch(url)).status, 401);
          const headers = { authorization: `Bearer ${token}` };
          const answer = await fetch(url, { headers });
          assert.deepEqual(await answer.json(), { caller: 'parcel-job' });
        });
      });
    });

    /** A service that calls the API, made on the form that the page of the API leads to. */
    async function withToken(use: (token: string) => Promise<void>): Promise<void> {
      const form = await owner.open(`/new-client/service?${new URLSearchParams({ api: parcels })}`);
      assert.deepEqual(
        formsOf(form.html)
          .at(-1)
          ?.fields.filter(([name]) => name === 'apis')[0],
        ['apis', parcels],
      );
      const made = await owner.send(form, /new-client/, {
        ...{ client_name: 'Parcel job', client_id: 'parcel-job', scope: ['parcels:read', ''] },
      });
      const [command = ''] = codesOf(made.html);
      const { stdout } = await run('sh', ['-c', command]);
      await use(String((JSON.parse(stdout) as { access_token: string }).access_token));
    }

    test('What is wrong with an API stands by its field, and what was typed stays', async () => {
      const wrong = async (fields: Record<string, string | string[]>) => {
        const page = await owner.send(await owner.open('/new-api'), /new-api$/, {
          ...{ name: 'Wrong', identifier: 'https://wrong.example', ...fields },
        });
        assert.equal(page.status, 400);
        return page;
      };
      const noUri = await wrong({ name: '', identifier: 'orders', access_token_lifetime: '31d' });
      assert.match(errorOf(noUri, 'identifier'), /absolute URI/);
      assert.match(errorOf(noUri, 'access_token_lifetime'), /^It /);
      assert.match(errorOf(noUri, 'name'), /missing/);
      const badScope = await wrong(rows(['a b', 'A'], ['ok', 'Fine']));
      assert.match(errorOf(badScope, 'scopes'), /^“a b” must be/);
      const sent = formsOf(badScope.html).at(-1)?.fields ?? [];
      assert.deepEqual(
        sent.flatMap(([name, value]) => (name === 'scopes' && value ? [value] : [])),
        ['a b', 'ok'],
      );
      assert.match(
        errorOf(await wrong(rows(['a', '1'], ['a', '2'])), 'scopes'),
        /“a” is there twice/,
      );
      assert.match(errorOf(await wrong(rows(['', 'lost'])), 'scopes'), /without a scope/);
      assert.match(errorOf(await wrong(rows(['openid', 'x'])), 'scopes'), /about people/);
      assert.match(errorOf(await wrong({ project: 'project_0' }), 'project'), /does not exist/);
      assert.equal((await owner.open('/apis/https%3A%2F%2Fwrong.example')).status, 404);
    });

    test('Scopes are added, renamed, translated and taken away, and nothing else changes by itself', async () => {
      const before = yamlOf(await owner.open(path));
      assert.equal(yamlOf(await send('/edit', {})), before, 'saving what is there changes nothing');
      const saved = await send('/edit', {
        ...rows(['parcels:see', 'See them'], ['', ''], ['parcels:track', 'Track', 'Verfolgen']),
        ...{ user_keys: 'some', user_key_scopes: '', claims: 'groups\nroles' },
      });
      assert.match(saved.html, /Parcels is saved/);
      const yaml = yamlOf(saved);
      for (const gone of ['parcels:read', 'parcels:write', 'Ihre Pakete']) {
        assert.ok(!yaml.includes(gone), gone);
      }
      assert.match(yaml, /parcels:see: See them/);
      assert.match(yaml, /de: Verfolgen/);
      assert.match(yaml, /user_key_scopes: \[\]/);
      // Keys of users that may do nothing here do not come to do everything by an edit of something else.
      const kept = yamlOf(await send('/edit', { access_token_lifetime: '5m' }));
      assert.match(kept, /user_key_scopes: \[\]/);
      assert.match(kept, /de: Pakete/);
      const english = yamlOf(await send('/edit', { 'name.de': '', user_keys: 'all' }));
      assert.match(english, /name: Parcels\n/);
      assert.doesNotMatch(english, /user_key_scopes/);
    });

    test('Of two who edit an API the later one is told which scopes are stored now', async () => {
      const [one, two] = [await owner.open(`${path}/edit`), await owner.open(`${path}/edit`)];
      await owner.send(one, /edit$/, rows(['parcels:see', 'See'], ['parcels:track', 'Track']));
      const stale = await owner.send(two, /edit$/, rows(['parcels:see', 'Seeing'], ['', '']));
      assert.equal(stale.status, 412);
      assert.match(stale.html, /parcels:see: See\s+parcels:track: Track/);
      assert.ok(stale.html.includes('value="Seeing"'));
    });

    test('The client that an API is gets made on its page, and verifies with the secret shown once', async () => {
      const question = await owner.open(`${path}/new-client`);
      const fields = { client_id: 'parcels-api' };
      // Meanwhile somebody changes the API: the client is made, and named there by the next confirmation.
      await send('/edit', { access_token_lifetime: '6m' });
      const stale = await owner.send(question, /new-client$/, fields);
      assert.equal(stale.status, 412);
      const made = await owner.send(stale, /new-client$/, fields);
      assert.equal(headingOf(made), 'The client of Parcels is ready');
      const [, secret = ''] = /data-secret>([^<]+)</.exec(made.html) ?? [];
      const authorization = basic('parcels-api', secret);
      const asked = await postForm(
        `${server.issuer}/introspect`,
        { token: 'x' },
        { authorization },
      );
      assert.deepEqual(asked.body, { active: false });
      const page = await owner.open(path);
      assert.match(page.html, /href="[^"]*\/console\/clients\/parcels-api"/);
      assert.doesNotMatch(page.html, /Create its client/);
      const { html } = await owner.open('/clients?text=parcels');
      assert.equal(html.match(/class="row-link"/g)?.length, 1);
      const code = await owner.open('/clients/parcels-api/code');
      assert.ok(codesOf(code.html).some((text) => text.includes(`audience: '${parcels}'`)));
    });

    test('An API is found by its words and its state, and its clients by the API', async () => {
      for (const [query, isFound] of [
        ['text=parc', true],
        ['text=parcels.example&enabled=true', true],
        ['text=parc&enabled=false', false],
        ['text=nothing', false],
      ] as const) {
        const { html } = await owner.open(`/apis?${query}`);
        assert.equal(html.includes(path), isFound, query);
      }
      assert.match(
        (await owner.open('/search?q=parc')).html,
        new RegExp(`${path}"[^>]*>.*API<`, 's'),
      );
      const { html } = await owner.open(`/clients?${new URLSearchParams({ api: parcels })}`);
      assert.match(html, /\/clients\/parcel-job"/);
      assert.doesNotMatch(html, /\/clients\/shop"/);
      const page = await owner.open(path);
      assert.match(page.html, /Who may ask for it.*Parcel job/s);
    });

    test('What breaks is told with numbers, an API is disabled and enabled, and deleted where its identifier is typed', async () => {
      const keyForm = await owner.open(`/new-api-key?${new URLSearchParams({ api: parcels })}`);
      const user = /value="([^"]+)">alice/.exec(keyForm.html)?.[1] ?? '';
      const key = await owner.send(keyForm, /new-api-key/, {
        ...{ name: 'Scanner', user_id: user, scopes: 'parcels:see', api: parcels },
      });
      assert.equal(headingOf(key), 'Scanner is ready');
      const question = await owner.open(`${path}/disable`);
      assert.match(question.html, /1 client may ask for it: they get no tokens for it\./);
      assert.match(question.html, /1 active API key: refused with the next request/);
      assert.match((await send('/disable', {})).html, /Parcels is disabled/);
      const disabled = await owner.open(path);
      assert.doesNotMatch(disabled.html, /Revoke tokens/);
      assert.match((await send('/enable', {})).html, /Parcels is enabled/);
      assert.match((await owner.open(path)).html, /\/revoke\/confirm\?kind=api&amp;name=/);
      assert.match(
        (await send('/delete', { confirmation: 'parcels' })).html,
        /This is not the same/,
      );
      const gone = await send('/delete', { confirmation: parcels });
      assert.match(gone.html, /Parcels is deleted/);
      assert.equal((await owner.open(path)).status, 404);
      const client = await owner.open('/clients/parcel-job/edit');
      assert.ok(client.html.includes(parcels), 'what a client has stays to be seen');
    });

    test('An API of the file says where it is declared, and is neither edited nor deleted here', async () => {
      const page = await owner.open(ordersPath);
      assert.match(page.html, /declares this API, at cardea\.yaml: apis\[0\]/);
      assert.doesNotMatch(page.html, /\/apis\/[^"]+\/(edit|delete|new-client)"/);
      assert.match(page.html, /\/disable"/);
      const refused = await owner.send(await owner.open(`${ordersPath}/edit`), /edit$/, {
        name: 'Mine',
      });
      assert.match(refused.html, /cardea\.yaml: apis\[0\]/);
      assert.equal(headingOf(await owner.open(ordersPath)), 'Orders');
    });

    test('An auditor sees APIs and is offered nothing that changes them', async () => {
      const auditor = await createOperator(server.issuer, carol);
      const { html } = await auditor.open(ordersPath);
      assert.doesNotMatch(html, /\/apis\/[^"]+\/(edit|disable|delete|new-client)"|Revoke tokens/);
      assert.equal((await auditor.open(`${ordersPath}/disable`)).status, 403);
      assert.equal((await auditor.open('/new-api')).status, 403);
    });

    test('With hundreds of APIs each can still be chosen, and a client keeps what it had', async () => {
      const operator = await besides(server);
      try {
        for (let index = 0; index < 70; index += 1) {
          const scopes = { [`s${index}:read`]: 'Read' };
          const api = { identifier: `urn:many:${index}`, name: `Many ${index}`, scopes };
          await operator.apis.create(api, operator.by);
        }
      } finally {
        await operator.close();
      }
      const form = await owner.open('/new-client/service');
      assert.ok(elementsOf(form.html).some(({ attributes }) => attributes.value === 'urn:many:69'));
      const fields = { client_name: 'Caller', client_id: 'caller', scope: ['s7:read', ''] };
      const apis = ['urn:many:7', '', ordersApi];
      await owner.send(form, /new-client/, { ...fields, apis });
      const edit = await owner.open('/clients/caller/edit');
      assert.equal(fieldOf(edit, 'apis.was'), `urn:many:7\n${ordersApi}`);
      const saved = await owner.send(edit, /edit$/, { client_name: 'Called' });
      assert.match(saved.html, /urn:many:7/);
      assert.match(yamlOf(saved), /scope: s7:read/);
      const key = await owner.open('/new-api-key');
      assert.match(key.html, /<select[^>]*name="api"/);
    });
  });
});

function codesOf(html: string): string[] {
  return elementsOf(html).flatMap(({ tag, text }) => (tag === 'pre' ? [text] : []));
}

/** What stands by a field as wrong; empty: nothing. */
function errorOf({ html }: Page, name: string): string {
  const found = elementsOf(html).find(({ attributes }) => attributes.id === `field-${name}-error`);
  return found?.text.trim() ?? '';
}

/** Takes the verifier from its source, which is not built here, and says where the API listens. */
const surroundings = `import { registerHooks } from 'node:module';
import net from 'node:net';
const verifier = ${JSON.stringify(import.meta.resolve('../../src/verifier/index.ts'))};
registerHooks({
  resolve: (name, context, next) => next(name === '@cardea/verifier' ? verifier : name, context),
});
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) {
  this.once('listening', () => console.log(this.address().port));
  return listen.apply(this, given);
};`;

/** Runs the module as it stands on the page, where it can import what this repository has. */
async function runningAsShown(main: string, use: (url: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-shown-'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'main.mjs'), main);
  await writeFile(join(folder, 'surroundings.mjs'), surroundings);
  const child = spawn(process.execPath, ['--import', './surroundings.mjs', 'main.mjs'], {
    ...{ cwd: folder, env: { ...process.env, PORT: '0' } },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: child.stdout });
    const [port] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
    await use(`http://127.0.0.1:${port}/`);
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await rm(folder, { recursive: true });
  }
}
