/** Second factors of users over the admin API: what is seen of them, links to set up new ones, and their removal. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { adminApi, adminScopeNames } from '../../src/definitions/admin_scopes.ts';
import { eachServer } from '../support/flows.ts';
import { type AdminClient, adminClient, callerOf, declaration } from './scene.ts';

const users = ['olga', 'sven', 'tina'].map((username) => ({
  ...{ username, password: 'larches-and-lemons-4', subject: username },
}));

await eachServer({ declaration: { ...declaration, users } }, (server) => {
  let call: AdminClient;
  let support: AdminClient;
  before(async () => {
    call = await adminClient(server().issuer);
    for (const [id, role] of Object.entries({ olga: 'owner', sven: 'support' })) {
      await call('PUT', `/operators/${id}`, {
        ...{ body: { role }, headers: { 'if-none-match': '*' } },
      });
    }
    const { body } = await call('POST', '/api-keys', {
      body: { name: 'sven', api: adminApi, user_id: 'sven', scopes: [...adminScopeNames] },
    });
    support = callerOf(server().issuer, String(body.key));
  });

  test('A link is made, listed without its secret, replaced by the next one, and withdrawn', async () => {
    const made = await call('POST', '/users/tina/setup-links');
    assert.equal(made.status, 201, made.text);
    const url = String(made.body.url);
    assert.ok(url.startsWith(`${server().issuer}/account/second-factor#`));
    assert.equal(made.headers.get('cache-control'), 'no-store');
    const next = await call('POST', '/users/tina/setup-links');
    const list = await call('GET', '/users/tina/setup-links');
    const [link, ...more] = list.body.items as { id: string; created_by: string }[];
    assert.deepEqual([link?.id, more.length], [next.body.id, 0]);
    assert.equal(link?.created_by, 'client:deployment');
    assert.ok(!list.text.includes(url.split('#')[1] ?? ''));

    const dry = await call('DELETE', `/users/tina/setup-links/${link?.id}?dry_run=true`);
    assert.equal(dry.status, 200);
    const withdraw = () => call('DELETE', `/users/tina/setup-links/${link?.id}`);
    assert.equal((await call('DELETE', `/users/sven/setup-links/${link?.id}`)).status, 404);
    assert.equal((await withdraw()).status, 204);
    assert.equal((await withdraw()).status, 404);
    const { body: events } = await call('GET', '/audit-events?user_id=tina&limit=10');
    const types = (events.items as { type: string }[]).map(({ type }) => type);
    assert.deepEqual(
      types.filter((type) => type.startsWith('setup_link')),
      ['setup_link.withdrawn', 'setup_link.made', 'setup_link.withdrawn', 'setup_link.made'],
    );
  });

  test('An operator sees whether there are second factors, removes them, and does neither to those with more rights', async () => {
    const { body } = await support('GET', '/users/tina/second-factors');
    assert.deepEqual(body, {
      ...{ authenticator_apps: [], passkeys: [], recovery_codes_left: 0, trusted_browsers: 0 },
    });
    assert.equal((await call('DELETE', '/users/tina/second-factors')).status, 204);
    for (const [method, path] of [
      ['DELETE', '/users/olga/second-factors'],
      ['POST', '/users/olga/setup-links'],
      ['DELETE', '/users/olga/setup-links/some'],
    ] as const) {
      const refused = await support(method, path);
      assert.equal(refused.status, 403, path);
    }
  });
});
