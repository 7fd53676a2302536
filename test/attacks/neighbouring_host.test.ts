/**
 * What a neighbouring host can do in a real browser: it sets cookies for the whole domain and sends people on.
 * planted_cookies.test.ts has the cases; here is whether browsers keep what these build on.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Cookie, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import { bob } from '../../harness/sign_in.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration } from './configuration.ts';

const issuer = 'https://id.cardea.test';
const neighbour = 'https://shop.cardea.test';
const endOfSignIn = /^\/authorize\/[\w-]+$/;
const fixture = (name: string) => readFileSync(new URL(`../net/fixtures/${name}`, import.meta.url));

/** Both hosts, and TLS in front of them. */
async function startHosts(cardea: string) {
  const trap: { cookies: Cookie[]; link: string } = { cookies: [], link: '' };
  /** While it is true, who is sent to the end of a sign-in does not get there. */
  const hold: { on: boolean; end: string } = { on: false, end: '' };

  const beNeighbour = (response: ServerResponse) => {
    const planted = trap.cookies.map(
      ({ name, value, path }) =>
        `${name}=${value}; Domain=cardea.test; Path=${path}; Secure; SameSite=Lax`,
    );
    response.setHeader('Set-Cookie', planted);
    response.setHeader('Content-Type', 'text/html');
    response.end(`<a id="link" href="${trap.link}">Win a prize</a>`);
  };
  const beIssuer = (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, url: path = '', headers } = incoming;
    if (hold.on && endOfSignIn.test(new URL(path, issuer).pathname)) {
      hold.end = `${issuer}${path}`;
      response.end('held');
      return;
    }
    const { hostname, port } = new URL(cardea);
    const passedOn = request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(passedOn);
  };

  const certificate = { cert: fixture('localhost.crt'), key: fixture('localhost.key') };
  const server = createServer(certificate, (incoming, response) => {
    if (incoming.headers.host === new URL(neighbour).host) beNeighbour(response);
    else beIssuer(incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { trap, hold, port, close };
}

onSqlite((stores) => {
  let server: TestServer;
  let hosts: Awaited<ReturnType<typeof startHosts>>;
  let browser: Browser;
  before(async () => {
    server = await startTestServer({ store: await stores.freshUrl(), declaration, issuer });
    hosts = await startHosts(server.url);
    browser = await launchBrowser([
      `--host-resolver-rules=MAP *.cardea.test 127.0.0.1:${hosts.port}`,
    ]);
  });
  after(async () => {
    await browser.close();
    hosts.close();
    await server.close();
  });

  const person = () => browser.newContext({ ignoreHTTPSErrors: true });
  /** Signs in as Bob, but for the end of it, whose address is answered. */
  const almostSignedIn = async (context: BrowserContext): Promise<string> => {
    const page = await context.newPage();
    await page.goto(authorizeUrl(issuer));
    await page.fill('input[name=username]', bob.username);
    await page.fill('input[name=password]', bob.password);
    hosts.hold.on = true;
    await page.click('button.button-primary');
    await page.waitForURL((url) => endOfSignIn.test(url.pathname));
    hosts.hold.on = false;
    return hosts.hold.end;
  };
  const isAsked = async (page: Page): Promise<boolean> => {
    await page.goto(authorizeUrl(issuer));
    return page.locator('input[name=password]').isVisible();
  };

  test('A neighbouring host that plants sign-in cookies signs nobody in, by a link or otherwise', async () => {
    const attacker = await person();
    const end = await almostSignedIn(attacker);
    hosts.trap.cookies = await attacker.cookies(end);
    hosts.trap.link = end;
    assert.ok(hosts.trap.cookies.some(({ name }) => name.startsWith('__Host-cardea_begun_')));

    const victim = await person();
    const page = await victim.newPage();
    await page.goto(`${neighbour}/`);
    const planted = (await victim.cookies(end)).map(({ name }) => name);
    assert.ok(planted.includes('cardea_resume') && planted.includes('cardea_resume.sig'));
    assert.ok(!planted.some((name) => name.startsWith('__Host-')));
    const [followed] = await Promise.all([
      page.waitForResponse((answer) => answer.url() === end),
      page.click('#link'),
    ]);
    assert.equal(followed.status(), 400);
    assert.equal((await page.goto(end))?.status(), 400);
    assert.equal(await isAsked(page), true);
  });

  test('A link from a neighbouring host does not end a sign-in that a user has begun', async () => {
    const context = await person();
    const end = await almostSignedIn(context);
    hosts.trap.cookies = [];
    hosts.trap.link = end;
    const page = await context.newPage();
    await page.goto(`${neighbour}/`);
    const [forced] = await Promise.all([
      page.waitForResponse((answer) => answer.url() === end),
      page.click('#link'),
    ]);
    assert.equal(forced.status(), 403);
    // Where they go there themselves it ends as it should.
    const arrival = page.waitForRequest((request) => request.url().startsWith(callback));
    await page.goto(end).catch(() => {});
    assert.match((await arrival).url(), /[?&]code=/);
  });
});
