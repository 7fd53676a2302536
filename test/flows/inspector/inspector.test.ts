/**
 * The inspector at a running Cardea: what strangers and operators learn of real tokens and keys, over HTTP and in a real
 * Chromium.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.ts';
import { freePort } from '../../../harness/free_port.ts';
import { alice, people } from '../../../harness/sign_in.ts';
import { testSecret } from '../../../harness/test_secret.ts';
import { openInspection } from '../../../src/app/inspection.ts';
import { createServices, type Services } from '../../../src/app/services.ts';
import { systemClock } from '../../../src/clock.ts';
import { declarationSchema } from '../../../src/config/schema/declaration.ts';
import { inspections } from '../../../src/definitions/limits.ts';
import type { Inspection, Report } from '../../../src/inspection/room.ts';
import { parseExpectations } from '../../../src/inspection/room.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { basic, postForm, sqliteServer } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const orders = 'https://orders.example';
const opaqueApi = 'https://opaque.example';
const secret = 'a-secret-of-at-least-32-characters';
const port = await freePort();
const issuer = `http://localhost:${port}`;
const tester = `${issuer}/inspect/requests`;

const declaration = {
  inspector: { public: true },
  users: people,
  apis: [
    { identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See your orders' } },
    { identifier: opaqueApi, name: 'Opaque', access_token_format: 'opaque' },
  ],
  clients: [
    {
      ...{ client_id: 'job', client_secret: secret, grant_types: ['client_credentials'] },
      ...{ scope: 'orders:read', apis: [orders, opaqueApi] },
    },
    {
      ...{ client_id: 'app', token_endpoint_auth_method: 'none', consent: 'skip' },
      ...{ redirect_uris: [callbackUri, tester], application_type: 'native' },
      grant_types: ['authorization_code', 'refresh_token'],
      ...{ scope: 'openid offline_access orders:read', apis: [orders] },
    },
  ],
};

describe('Inspector', () => {
  sqliteServer({ declaration, issuer, port, logLevel: 'debug' }, (server) => {
    let store: Store;
    let services: Services;
    let inspection: Inspection;
    let browser: Browser;

    before(async () => {
      store = await openStore({ url: server().store });
      const config = {
        issuer,
        developmentMode: false,
        secrets: [Buffer.from(testSecret, 'base64url')],
        declaration: declarationSchema.parse(declaration),
      };
      const log = createLog({ level: 'error', pretty: false });
      services = createServices({ config, store, clock: systemClock, log });
      inspection = await openInspection(config, services);
      browser = await launchBrowser();
    });
    after(async () => {
      await browser.close();
      await services.close();
      await store.close();
    });

    const serviceToken = async (resource = orders): Promise<string> => {
      const { body } = await postForm(
        `${server().url}/token`,
        { grant_type: 'client_credentials', resource },
        { authorization: basic('job', secret) },
      );
      return String(body.access_token);
    };

    /** As an operator sees it. */
    const asOperator = (text: string, fields = {}): Promise<Report> =>
      inspection.inspect({
        ...{ text, expectations: parseExpectations(fields).expectations },
        ...{ visitor: { seesRecords: true, fetchesKeys: false }, nameOf: () => 'Orders' },
      });
    const reasonOf = async (text: string) => (await asOperator(text)).reason?.code;

    const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${server().url}/inspect`, {
        ...{ method: 'POST', body: new URLSearchParams(fields), headers },
      });
    /** The words of the page about it, as a stranger sees them. */
    const asStranger = async (token: string, fields = {}): Promise<string> => {
      const html = await (await post({ token, ...fields })).text();
      return html
        .slice(html.indexOf('id="report"'))
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ');
    };

    test('A stranger learns that a token is good, by which key it is signed, and that an API would accept it', async () => {
      const told = await asStranger(await serviceToken(), { api: orders });
      assert.match(told, /JWT access token \(RFC 9068\) Orders would accept it/);
      assert.match(told, /Signed by the current signing key/);
      assert.match(told, /Not revoked: bit \d+ of the status list/);
      const wrong = await asStranger(await serviceToken(), { audience: 'https://other.example' });
      assert.match(wrong, /not valid It is for https:\/\/orders\.example, not for https:\/\/other/);
    });

    test('A stranger learns that a token was revoked, and an operator also why', async () => {
      const token = await serviceToken();
      await postForm(`${server().url}/revoke`, { token }, { authorization: basic('job', secret) });
      const told = await asStranger(token);
      assert.match(told, /not valid Revoked, or something that it depends on is\./);
      assert.equal(await reasonOf(token), 'revoked_token');
    });

    test('Of a value that only this server can read a stranger learns nothing but its form', async () => {
      const live = await serviceToken(opaqueApi);
      const never = `${live.slice(0, -3)}AAA`;
      const [ofLive, ofNever] = [await asStranger(live), await asStranger(never)];
      assert.equal(ofLive.replace(/As of [\d :-]+/, ''), ofNever.replace(/As of [\d :-]+/, ''));
      assert.match(ofLive, /has the form of this server’s opaque tokens/);
      const report = await asOperator(live, { api: opaqueApi });
      assert.deepEqual([report.kind, report.verdict], ['opaque_client_token', 'accepted']);
      assert.equal(await reasonOf(never), 'opaque_unknown');
    });

    test('Whether an API key exists is told to operators only', async () => {
      const projects = await services.projects();
      const project = await projects.create(
        { name: 'p', api: orders, scopes: ['orders:read'] },
        { actor: 'operator' },
      );
      const keys = await services.apiKeys();
      const { key } = await keys.create(
        { name: 'k', api: orders, scopes: ['orders:read'], project_id: project.id },
        { actor: 'operator', createdBy: 'operator' },
      );
      const told = await asStranger(key);
      assert.match(told, /The checksum is right/);
      assert.match(told, /Whether it is known is told to its API and to operators/);
      assert.doesNotMatch(told, /enabled|Active|not valid/);
      assert.equal((await asOperator(key)).verdict, 'accepted');
      const mistyped = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
      assert.equal(await reasonOf(mistyped), 'checksum_wrong');
    });

    test('A refresh token is told as live, then rotated, and its tokens as revoked with their family', async () => {
      const party = await createRelyingParty({ issuer, clientId: 'app' });
      const { tokens } = await party.signIn({
        parameters: { scope: 'openid offline_access orders:read', resource: orders },
      });
      const first = String(tokens.refresh_token);
      assert.deepEqual(
        [(await asOperator(first)).kind, (await asOperator(first)).verdict],
        ['refresh_token', 'accepted'],
      );
      assert.equal((await asOperator(String(tokens.id_token))).verdict, 'accepted');
      const { body } = await postForm(`${issuer}/token`, {
        ...{ grant_type: 'refresh_token', refresh_token: first, client_id: 'app' },
      });
      assert.equal(await reasonOf(first), 'rotated');
      await postForm(`${issuer}/revoke`, { token: String(body.refresh_token), client_id: 'app' });
      assert.match(
        String(await reasonOf(String(body.access_token))),
        /^(revoked_family|revoked_grant)$/,
      );
    });

    test('Why everything of a client ended is told to operators', async () => {
      const token = await serviceToken();
      const { killSwitches } = await services.switches();
      await killSwitches.throwSwitch(
        { clientId: 'job' },
        { type: 'revocation.client', actor: 'operator' },
      );
      assert.equal(await reasonOf(token), 'revoked_client');
    });

    test('The keys of another issuer are fetched for operators alone, and from no private address', async () => {
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = { ...(await exportJWK(publicKey)), kid: 'theirs' };
      const other = createServer((request, response) => {
        const metadata = { issuer: foreign, jwks_uri: `${foreign}/jwks` };
        response.end(JSON.stringify(request.url === '/jwks' ? { keys: [jwk] } : metadata));
      });
      await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready));
      const foreign = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      const token = await new SignJWT({ iss: foreign, sub: 'x', aud: 'y' })
        .setProtectedHeader({ alg: 'ES256', kid: 'theirs', typ: 'at+jwt' })
        .setExpirationTime('5m')
        .sign(privateKey);
      // Its own load counts towards the time that a request has.
      await import('undici');
      const signatureFor = async (allow_registered: string[], fetchesKeys: boolean) => {
        const inspector = { fetch_foreign_keys: true };
        const chosen = declarationSchema.parse({ inspector, outbound: { allow_registered } });
        const { inspect } = await openInspection({ issuer, declaration: chosen }, services);
        const report = await inspect({
          ...{ text: token, expectations: parseExpectations({}).expectations },
          ...{ visitor: { seesRecords: true, fetchesKeys }, nameOf: () => '' },
        });
        const section = report.sections.find(({ name }) => name === 'signature');
        return section?.statements[0]?.code;
      };
      try {
        assert.equal(await signatureFor(['127.0.0.1/32'], true), 'signed_by_foreign');
        assert.equal(await signatureFor([], true), 'foreign_without_keys');
        assert.equal(await signatureFor(['127.0.0.1/32'], false), 'foreign_unchecked');
      } finally {
        other.close();
      }
    });

    test('A token is never taken from an address, never logged, and no response may be kept', async () => {
      const token = await serviceToken();
      const response = await post({ token });
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.match(response.headers.get('content-security-policy') ?? '', /form-action 'self'/);
      assert.doesNotMatch(response.headers.get('content-security-policy') ?? '', /unsafe/);
      const asked = await fetch(`${server().url}/inspect?token=${token}`);
      assert.ok(!(await asked.text()).includes(token.slice(-20)));
      assert.ok(!server().logged().includes(token.slice(-20)));
    });

    test('A form from another site, or with a field twice, is refused', async () => {
      const foreign = await post({ token: 'x' }, { 'sec-fetch-site': 'cross-site' });
      assert.equal(foreign.status, 403);
      const twice = await fetch(`${server().url}/inspect`, {
        ...{
          method: 'POST',
          body: new URLSearchParams([
            ['token', 'x'],
            ['token', 'y'],
          ]),
        },
      });
      assert.equal(twice.status, 400);
    });

    test('What was typed wrong is named by its field, and everything typed is still there', async () => {
      const response = await post({ token: '<b>x', at: 'soon', claim: 'a' });
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.match(html, /id="at_problem"/);
      assert.match(html, /id="claim_problem"/);
      assert.ok(html.includes('&lt;b&gt;x') && html.includes('value="soon"'));
    });

    /** Opens a page, and fails for what the browser complains about and for requests to other origins. */
    const visit = async (path: string, work: (page: Page, sent: string[]) => Promise<void>) => {
      const context = await browser.newContext({ locale: 'en-GB' });
      const page = await context.newPage();
      const complaints: string[] = [];
      const sent: string[] = [];
      page.on('console', (message) => {
        // A field is typed in sooner than a person would.
        if (!message.text().startsWith('Autofocus processing was blocked'))
          complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        const headers = JSON.stringify(request.headers());
        sent.push(`${request.method()} ${request.url()} ${headers} ${request.postData() ?? ''}`);
        if (!request.url().startsWith(issuer)) complaints.push(`foreign: ${request.url()}`);
      });
      try {
        await page.goto(`${issuer}${path}`);
        await work(page, sent);
        assert.deepEqual(complaints, []);
      } finally {
        await context.close();
      }
    };

    const violationsOf = async (page: Page): Promise<string[]> => {
      await page.evaluate(axe);
      const { violations }: { violations: { id: string }[] } = await page.evaluate('axe.run()');
      return violations.map(({ id }) => id);
    };

    test('With the switch on, no request carries the token, and the words are those of the server', async () => {
      const token = await serviceToken();
      await visit('/inspect', async (page, sent) => {
        await page.getByLabel('Keep it in this browser').check();
        await page.getByLabel('Token or key').fill(`Bearer ${token}`);
        await page.getByLabel('Would this API accept it?').selectOption(orders);
        await page.getByRole('button', { name: 'Inspect' }).click();
        const headline = page.locator('.verdict-headline');
        await headline.waitFor();
        assert.match(await headline.innerText(), /Nothing found that would make Orders refuse it/);
        assert.match(await page.locator('#report').innerText(), /Signed by a key of the JWKS/);
        assert.deepEqual(await violationsOf(page), []);
        const parts = token.split('.').slice(1);
        assert.ok(sent.some((request) => request.includes('/.well-known/jwks.json')));
        assert.deepEqual(
          sent.filter((request) => parts.some((part) => request.includes(part))),
          [],
        );
      });
    });

    test('The page of a report is usable by all: no rule of accessibility is broken', async () => {
      const token = await serviceToken();
      await visit('/inspect', async (page) => {
        await page.getByLabel('Token or key').fill(token);
        await page.getByText('What you expect of it').click();
        await page.getByRole('button', { name: 'Inspect' }).click();
        await page.locator('.verdict').waitFor();
        assert.deepEqual(await violationsOf(page), []);
      });
    });

    test('The request tester signs a person in, redeems the code and inspects the token', async () => {
      await visit('/inspect/requests', async (page, sent) => {
        await page.getByLabel('Client ID').fill('app');
        await page.getByLabel('Scopes').fill('openid orders:read');
        await page.getByLabel('API').selectOption(orders);
        await page.getByRole('button', { name: 'Build the request' }).click();
        await page.getByRole('button', { name: 'Open the sign-in page' }).click();
        await page.getByLabel('Username or email').fill(alice.username);
        await page.getByLabel('Password', { exact: true }).fill(alice.password);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.getByRole('button', { name: 'Send' }).click();
        await page.getByRole('button', { name: 'Inspect access_token' }).waitFor();
        assert.equal(page.url(), tester);
        assert.deepEqual(await violationsOf(page), []);
        await page.getByRole('button', { name: 'Inspect access_token' }).click();
        assert.match(await page.locator('.verdict').innerText(), /JWT access token/);
        assert.ok(sent.some((request) => /^POST .*\/token .*code_verifier=/.test(request)));
      });
    });

    test('The request tester uses no answer that belongs to another request', async () => {
      await visit('/inspect/requests?code=stolen&state=theirs', async (page, sent) => {
        await page.getByText('is not in this tab').waitFor();
        assert.equal(page.url(), tester);
        assert.ok(!sent.some((request) => request.startsWith('POST')));
      });
    });

    test('The request tester sends a secret to the token endpoint and nowhere else', async () => {
      await visit('/inspect/requests', async (page, sent) => {
        await page.getByLabel('What to try').selectOption('client_credentials');
        await page.getByLabel('Client ID').fill('job');
        await page.getByLabel('API').selectOption(orders);
        await page.getByRole('button', { name: 'Build the request' }).click();
        await page.getByLabel('Client secret').fill(secret);
        await page.getByRole('button', { name: 'Send' }).click();
        await page.getByRole('button', { name: 'Inspect access_token' }).waitFor();
        const encoded = btoa(`job:${secret}`);
        const carrying = sent.filter(
          (request) => request.includes(secret) || request.includes(encoded),
        );
        assert.equal(carrying.length, 1);
        assert.match(carrying[0] ?? '', /^POST http:\/\/localhost:\d+\/token /);
        // Sent before the script was there, the form comes back from the server, and can be gone on with.
        await page.evaluate('HTMLFormElement.prototype.submit.call(document.forms[0])');
        await page.getByLabel('Client secret').fill(secret);
        await page.getByRole('button', { name: 'Send' }).waitFor();
      });
    });

    test('Without scripts the messages are built by the server, as commands without any secret', async () => {
      const response = await fetch(`${server().url}/inspect/requests`, {
        method: 'POST',
        body: new URLSearchParams({ flow: 'client_credentials', client_id: "j'ob" }),
      });
      const html = await response.text();
      assert.match(html, /grant_type=client_credentials/);
      assert.ok(html.includes('$CLIENT_SECRET'));
      const missing = await fetch(`${server().url}/inspect/requests`, {
        method: 'POST',
        body: new URLSearchParams({ flow: 'authorization_code', redirect_uri: '' }),
      });
      assert.equal(missing.status, 422);
    });

    test('Whoever inspects very much has to wait', async () => {
      const statuses: number[] = [];
      for (let index = 0; index <= inspections.perAddress.limit; index += 1) {
        statuses.push((await post({ token: 'x' })).status);
      }
      assert.equal(statuses.at(-1), 429);
    });
  });

  sqliteServer({ declaration: {} }, (server) => {
    test('Where the operator does not allow it, there is no such page', async () => {
      for (const path of ['/inspect', '/inspect/requests']) {
        assert.equal((await fetch(`${server().url}${path}`)).status, 404);
        const posted = await fetch(`${server().url}${path}`, { method: 'POST' });
        assert.equal(posted.status, 404);
      }
    });
  });
});
