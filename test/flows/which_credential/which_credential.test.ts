/** The page "Which credential do I need?": open to anybody, without scripts, and its first requests work. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { credentials } from '../../../src/guide/credentials.ts';
import { pageTexts } from '../../../src/pages/texts.ts';
import { sqliteServer } from '../../support/flows.ts';
import { elementsOf } from '../../support/html.ts';

const run = promisify(execFile);
const orders = 'https://orders.example';
const stock = 'https://stock.example';
const secret = 'a-secret-of-at-least-thirty-two-characters';
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const declaration = {
  revocation: { effective_within: '5s' },
  apis: [
    { identifier: orders, name: 'Orders', scopes: { 'items:read': 'x' }, client_id: 'orders-api' },
    { identifier: stock, name: 'Stock', scopes: { 'items:read': 'x' } },
  ],
  clients: [
    {
      ...{ client_id: 'orders-api', client_secret: secret, grant_types: [exchange] },
      ...{ scope: 'items:read', apis: [stock] },
    },
    {
      ...{ client_id: 'job', client_secret: secret, grant_types: ['client_credentials'] },
      ...{ scope: 'items:read', apis: [orders, stock] },
    },
    {
      ...{ client_id: 'tv', token_endpoint_auth_method: 'none' },
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      ...{ scope: 'openid', application_type: 'native' },
    },
    {
      ...{ client_id: 'app', token_endpoint_auth_method: 'none', application_type: 'native' },
      redirect_uris: ['http://127.0.0.1/callback'],
      scope: 'openid',
    },
  ],
};

describe('Which credential do I need?', () => {
  sqliteServer({ declaration, path: '/id' }, (server) => {
    const open = async (query: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${server().issuer}/which-credential${query}`, {
        headers: { accept: 'text/html', ...headers },
      });
      return { response, html: await response.text() };
    };
    const hrefsOf = (html: string) =>
      elementsOf(html).flatMap(({ tag, attributes }) =>
        tag === 'a' && attributes.href !== undefined ? [attributes.href] : [],
      );
    /** What a shell prints that runs the commands of a credential. */
    const shell = async (
      name: keyof typeof credentials,
      indexes: readonly number[],
      env: Record<string, string>,
    ) => {
      const commands = credentials[name].requests(server().issuer);
      const script = indexes.map((index) => commands[index]?.join(' \\\n') ?? '').join('\n');
      const { stdout } = await run('sh', ['-euc', script], {
        env: { PATH: process.env.PATH ?? '', ...env },
      });
      return stdout;
    };
    const job = { CLIENT_ID: 'job', CLIENT_SECRET: secret };

    test('Anybody gets from the first question to an answer by links alone, in both languages', async () => {
      for (const language of ['en', 'de'] as const) {
        const headers = { 'accept-language': language };
        let page = await open('', headers);
        const { guide } = pageTexts[language];
        assert.ok(page.html.includes(guide.questions.caller.ask));
        let followed = 0;
        while (!page.html.includes('<pre')) {
          const next = hrefsOf(page.html).find((href) => href.startsWith('?caller='));
          assert.ok(next !== undefined);
          page = await open(next, headers);
          assert.equal(page.response.status, 200);
          followed += 1;
          assert.ok(followed < 8);
        }
        assert.ok(page.html.includes(guide.credentials.code_web.title));
        assert.equal(page.response.headers.get('content-language'), language);
        assert.match(page.response.headers.get('content-security-policy') ?? '', /default-src/);
        const { issuer } = server();
        assert.ok(hrefsOf(page.html).includes(`${issuer}/console/clients/new?kind=web`));
      }
    });

    test("The answer says Cardea's own numbers, those of the configuration included", async () => {
      const { html } = await open('?caller=program&ends=own&token=yes&stop=seconds');
      assert.ok(html.includes('5 seconds') && html.includes('10 minutes'));
      assert.ok(!html.includes('{within}') && !html.includes('`'));
    });

    test('What an address says beside the answers is not in the page', async () => {
      const { html, response } = await open('?caller=%3Cscript%3Ealert(1)%3C/script%3E&x=marked');
      assert.equal(response.status, 200);
      assert.ok(!html.includes('alert(1)') && !html.includes('marked'));
      assert.ok(html.includes(pageTexts.en.guide.questions.caller.ask));
    });

    test('The first requests of client credentials, device code and exchange do what they say', async () => {
      const token = JSON.parse(
        await shell('client_credentials', [0], { ...job, API: orders }),
      ) as Record<string, string>;
      assert.ok(token.access_token);
      const device = JSON.parse(await shell('device_code', [0], { CLIENT_ID: 'tv' }));
      assert.ok(device.user_code);
      const polled = JSON.parse(
        await shell('device_code', [1], { CLIENT_ID: 'tv', DEVICE_CODE: device.device_code }),
      );
      assert.equal(polled.error, 'authorization_pending');
      const exchanged = JSON.parse(
        await shell('token_exchange', [0], {
          ...{ CLIENT_ID: 'orders-api', CLIENT_SECRET: secret, NEXT_API: stock },
          TOKEN_OF_THE_CALL: token.access_token ?? '',
        }),
      );
      assert.ok(exchanged.access_token);
    });

    test('The first requests of a sign-in, of an API key and of an agent are understood', async () => {
      const printed = await shell('code_native', [0, 1, 2], { CLIENT_ID: 'app' });
      const page = await fetch(printed.trim(), { redirect: 'manual' });
      assert.match(page.headers.get('location') ?? '', /\/interaction\//);
      const redeemed = await shell('code_native', [0, 3], { CLIENT_ID: 'app', CODE: 'unknown' });
      assert.equal(JSON.parse(redeemed).error, 'invalid_grant');
      const api = { API_CLIENT_ID: 'orders-api', API_CLIENT_SECRET: secret, API_KEY: 'x' };
      assert.equal(JSON.parse(await shell('api_key', [1], api)).reason, 'malformed');
      const metadata = JSON.parse(await shell('agent', [1], {}));
      assert.equal(metadata.issuer, server().issuer);
    });
  });
});
