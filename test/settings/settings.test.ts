/** Settings that change while two nodes run. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { testSecret } from '../../harness/test_secret.ts';
import { createServices, type Services } from '../../src/app/services.ts';
import { bySystem as by } from '../../src/audit/room.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { startNodes } from '../support/nodes.ts';
import type { TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';

const documentation = 'https://docs.example/';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const drawing = (inside: string) =>
  base64(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 20">${inside}</svg>`);

onSqlite((stores) => {
  describe('Settings at run time', () => {
    let nodes: [TestServer, TestServer];
    let store: Store;
    let services: Services;

    before(async () => {
      const url = await stores.freshUrl();
      const file = { pages: { documentation } };
      nodes = await startNodes({ store: url, declaration: file });
      store = await openStore({ url });
      const config = {
        declaration: declarationSchema.parse(file),
        ...{ issuer: 'https://id.example', developmentMode: false },
        secrets: [Buffer.from(testSecret, 'base64url')],
        file: { name: 'cardea.yaml', lines: { 'pages.documentation': 2 } },
      };
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      services = createServices({ config, store, clock, log });
      await services.ready();
    });
    after(async () => {
      await services.close();
      await store.close();
      await Promise.all(nodes.map((node) => node.close()));
    });

    const pageOf = async ({ url }: TestServer, path = '/') => {
      const response = await fetch(url + path, { headers: { accept: 'text/html' } });
      return response.text();
    };
    const srcOf = (html: string, pattern: RegExp) => pattern.exec(html)?.[1] ?? '';
    const themeOf = (html: string) => srcOf(html, /href="(\/assets\/theme[^"]+)"/);

    test('The next page of every node has the new name and colour, and every node has its files', async () => {
      const earlier = themeOf(await pageOf(nodes[0]));
      await services.settings.change({ pages: { name: '<b>Acme & Co', accent: '#aa3300' } }, by);
      // The node that has not yet made a page with it is asked for its file.
      const html = await pageOf(nodes[0]);
      const theme = await fetch(nodes[1].url + themeOf(html));
      assert.match(await theme.text(), /--accent: #aa3300/);
      for (const node of nodes) {
        for (const path of ['/', '/device']) {
          assert.match(await pageOf(node, path), /· &lt;b&gt;Acme &amp; Co<\/title>/);
        }
      }
      assert.notEqual(themeOf(html), earlier);
      assert.equal((await fetch(nodes[0].url + earlier)).status, 200);
    });

    test('What the file sets stays, and is reported with its place', async () => {
      const { settings } = services;
      const refused = settings.change({ pages: { documentation: 'https://x.example/' } }, by);
      await assert.rejects(refused, {
        code: 'managed_by_file',
        message: /pages\.documentation \(line 2\)/,
      });
      const { origins, pages } = await settings.read();
      assert.equal(pages.documentation, documentation);
      assert.deepEqual(origins, {
        'pages.name': { by: 'operator' },
        'pages.accent': { by: 'operator' },
        'pages.documentation': { by: 'file', place: 'cardea.yaml: pages.documentation (line 2)' },
        'pages.logo': { by: 'default' },
      });
    });

    test('A change goes by the version that it was made from, and null goes back to the default', async () => {
      const { settings } = services;
      const { version } = await settings.read();
      const stale = { ...by, expectedVersion: version - 1 };
      const refused = settings.change({ pages: { name: 'X' } }, stale);
      await assert.rejects(refused, { code: 'version_mismatch' });
      const on = { ...by, expectedVersion: version };
      const view = await settings.change({ pages: { name: null } }, on);
      const again = await settings.change({ pages: { name: null } }, by);
      assert.equal(again.version, view.version);
      assert.deepEqual([view.version, view.pages.name], [version + 1, 'Cardea']);
      assert.match(await pageOf(nodes[1]), /· Cardea<\/title>/);
      const [event] = await store.audit.list({ limit: 1, type: 'settings.updated' });
      assert.deepEqual(event?.target, { kind: 'settings', id: 'settings' });
      assert.deepEqual(event?.before, { pages: { name: '<b>Acme & Co' } });
      assert.equal(event?.after, undefined);
    });

    test('An uploaded logo is served as a picture that runs nothing', async () => {
      const { settings } = services;
      const { pages } = await settings.change(
        { pages: { logo: drawing('<rect fill="url( #a )"/>') } },
        by,
      );
      assert.deepEqual(pages.logo, { media_type: 'image/svg+xml', bytes: 90 });
      const html = await pageOf(nodes[1]);
      const logo = await fetch(nodes[0].url + srcOf(html, /class="brand-words" src="([^"]+)"/));
      assert.equal(logo.headers.get('content-type'), 'image/svg+xml');
      assert.match(
        logo.headers.get('content-security-policy') ?? '',
        /default-src 'none'.*sandbox/,
      );
      assert.match(await logo.text(), /<rect fill/);
    });

    test('A logo that is no picture, or more than one, is refused by its field', async () => {
      const { settings } = services;
      for (const logo of [
        '%',
        base64('GIF89a'),
        drawing('<script>alert(1)</script>'),
        drawing('<a href="javascript:alert(1)">x</a>'),
        drawing('<rect onload="alert(1)"/>'),
        drawing('<image href="https://elsewhere.example/x.png"/>'),
        drawing('<foreignObject/>'),
        drawing('<style>@import "https://elsewhere.example"</style>'),
        'A'.repeat(800_000),
      ]) {
        await assert.rejects(settings.change({ pages: { logo } }, by), (error: never) => {
          const { errors = [] } = error as { errors?: { pointer: string }[] };
          assert.equal(errors[0]?.pointer, '#/pages/logo', logo.slice(0, 40));
          return true;
        });
      }
      for (const patch of [{ pages: { accent: 'red' } }, { pages: { x: 1 } }, { sign_in: {} }, 1]) {
        await assert.rejects(settings.change(patch, by), { code: 'invalid_request' });
      }
    });
  });
});
