/** What the issuer's own address answers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sqliteServer } from '../../support/flows.ts';
import { elementsOf } from '../../support/html.ts';

const documentation = 'https://docs.example/id';
const declaration = { pages: { name: 'Northwind ID', documentation } };

const open = (url: string, accept: string, language = 'en') =>
  fetch(url, { headers: { accept, 'accept-language': language } });
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const linksOf = (html: string) =>
  elementsOf(html)
    .filter(({ tag }) => tag === 'a')
    .map(({ attributes }) => attributes.href ?? '');

describe('Home page', () => {
  sqliteServer({ declaration, path: '/id' }, (server) => {
    test('The page at the issuer names the operator in the language of the browser and links only to what exists', async () => {
      const { issuer } = server();
      for (const [language, title] of [
        ['en', 'Sign-in service'],
        ['de', 'Anmeldedienst'],
      ] as const) {
        for (const address of [issuer, `${issuer}/`]) {
          const response = await open(address, browser, language);
          const html = await response.text();
          assert.equal(response.status, 200);
          assert.equal(response.headers.get('content-language'), language);
          assert.ok(html.includes(title) && html.includes('Northwind ID'));
          const [account, first, discovery = ''] = linksOf(html);
          assert.equal(account, '/id/account');
          assert.equal(first, documentation);
          assert.equal((await open(discovery, 'application/json')).status, 200);
        }
      }
    });

    test('A slash behind the address of the console or the account pages leads on, with the query, and nowhere else', async () => {
      const { issuer } = server();
      for (const site of ['account', 'console']) {
        for (const query of [
          '',
          '?return_to=https://app.example/&client_id=app',
          '?//evil.example',
        ]) {
          const url = `${issuer}/${site}/${query}`;
          const response = await fetch(url, { redirect: 'manual', headers: { accept: browser } });
          assert.equal(response.status, 303);
          assert.equal(response.headers.get('location'), `/id/${site}${query}`);
        }
      }
    });

    test('A program that does not ask for HTML gets the same facts as JSON', async () => {
      const { issuer } = server();
      for (const accept of ['application/json', '*/*']) {
        const response = await open(issuer, accept);
        assert.deepEqual(await response.json(), {
          name: 'Northwind ID',
          issuer,
          openid_configuration: `${issuer}/.well-known/openid-configuration`,
          service_documentation: documentation,
        });
        assert.match(response.headers.get('vary') ?? '', /\bAccept\b/);
      }
    });

    test('Discovery names the documentation that the operator configured', async () => {
      const url = `${server().issuer}/.well-known/openid-configuration`;
      const metadata = (await (await fetch(url)).json()) as Record<string, unknown>;
      assert.equal(metadata.service_documentation, documentation);
    });
  });

  sqliteServer({}, (server) => {
    test('Without documentation of the operator, the page links to the account pages and the discovery document alone', async () => {
      const { issuer } = server();
      const html = await (await open(`${issuer}/`, browser)).text();
      assert.deepEqual(linksOf(html), ['/account', `${issuer}/.well-known/openid-configuration`]);
    });
  });
});
