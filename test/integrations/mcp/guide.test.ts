/** docs/integrations/mcp.md shows the server that is tested, and redirect URIs that clients can register. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { blocks, pages } from '../../docs/pages.ts';
import { sharedScene } from '../../support/scenes.ts';
import { onSqlite } from '../../support/stores.ts';
import { metadata, openScene } from './scene.ts';

const path = 'docs/integrations/mcp.md';

test('The guide shows the servers that are tested', () => {
  const shown = blocks.filter(({ page, language }) => page === path && language === 'ts');
  const files = ['orders_server.ts', 'fetch_handler.ts'].map((name) => {
    const file = new URL(`../../../scripts/demo/${name}`, import.meta.url);
    return readFileSync(file, 'utf8').replace('../../src/verifier/index.ts', '@cardea/verifier');
  });
  assert.deepEqual(
    shown.map(({ text }) => text),
    files,
  );
});

onSqlite((stores) => {
  const scene = sharedScene(stores, openScene);
  const page = pages.find((each) => each.path === path);
  const table = page?.tables.find(({ head }) => head.includes('redirect URIs'));

  test('Each client of the guide can register, and be sent to any of its redirect URIs', async () => {
    const { cardea, url } = scene();
    assert.ok(table && table.rows.length >= 6);
    for (const [client, , uris = ''] of table.rows) {
      const redirect_uris = [...uris.matchAll(/`([^`]+)`/g)].map(([, uri = '']) => uri);
      assert.ok(redirect_uris.length > 0, client);
      const registered = await fetch(`${cardea.issuer}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...metadata, redirect_uris }),
      });
      const { client_id } = (await registered.json()) as { client_id: string };
      assert.equal(registered.status, 201, client);
      for (const redirect_uri of redirect_uris) {
        const request = new URLSearchParams({
          ...{
            client_id,
            redirect_uri,
            response_type: 'code',
            resource: url,
            scope: 'orders:read',
          },
          ...{ code_challenge: 'c'.repeat(43), code_challenge_method: 'S256' },
        });
        const asked = await fetch(`${cardea.issuer}/authorize?${request}`, { redirect: 'manual' });
        const to = String(asked.headers.get('location'));
        assert.match(to, /\/interaction\//, `${client}: ${asked.status} ${to}`);
      }
    }
  });
});
