/**
 * Identity providers on the console, as owners, administrators and auditors see them. One server for all.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import {
  alice,
  carol,
  createOperator,
  dave,
  declaration,
  errorOf,
  fieldOf,
  headingOf,
  type Operator,
} from './scene.ts';

const secret = 'the-secret-at-the-provider-0123456789';
const [shop, ...others] = declaration.clients;

onSqlite((stores) => {
  describe('Identity providers on the console', () => {
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      server = await startTestServer({
        store: await stores.freshUrl(),
        declaration: {
          ...declaration,
          clients: [{ ...shop, identity_providers: ['google'] }, ...others],
          identity_providers: [
            { id: 'google', preset: 'google', client_id: 'here', client_secret: secret },
            {
              ...{ id: 'staff', name: 'Staff', issuer: 'https://login.staff.example' },
              ...{ client_id: 'cardea', client_secret: secret, domains: ['staff.example'] },
              mapping: {
                roles: { claim: 'realm_access.roles', values: { 'shop-admin': 'admin' } },
              },
            },
          ],
        },
      });
      owner = await createOperator(server.issuer, alice);
    });
    after(() => server?.close());

    test('The page of one shows what to register there, who offers it and what is believed, and no secret', async () => {
      const list = await owner.open('/identity-providers');
      assert.match(list.html, /Google.*https:\/\/accounts\.google\.com.*Staff/s);
      const google = await owner.open('/identity-providers/google');
      assert.equal(headingOf(google), 'Google');
      assert.ok(google.html.includes(`${server.issuer}/sign-in-with/google/callback`));
      assert.match(google.html, /<a href="\/console\/clients\/shop">/);
      const staff = await owner.open('/identity-providers/staff');
      assert.match(staff.html, /Role admin.*shop-admin in realm_access\.roles/s);
      assert.match(staff.html, /None in the last three days/);
      for (const { html } of [list, google, staff]) assert.ok(!html.includes(secret));
      assert.equal((await owner.open('/identity-providers/none')).status, 404);
    });

    test('Claims that an operator pastes are mapped as those of a provider would be', async () => {
      const form = await owner.open('/identity-providers/staff/try-claims');
      const claims = {
        ...{ preferred_username: 'Mallory', email: 'ceo@staff.example', name: ['Mallory'] },
        realm_access: { roles: ['shop-admin', 'owner'] },
      };
      const tried = await owner.send(form, /try-claims$/, { claims: JSON.stringify(claims) });
      assert.equal(tried.status, 200);
      assert.match(tried.html, /mallory.*ceo@staff\.example.*Not verified.*admin/s);
      assert.match(tried.html, /realm_access\.roles.*does not name/s);
      assert.match(tried.html, /It is no text/);

      const wrong = await owner.send(form, /try-claims$/, { claims: '{ "name": ' });
      assert.equal(wrong.status, 400);
      assert.ok(errorOf(wrong, 'claims'));
      assert.equal(fieldOf(wrong, 'claims'), '{ "name": ');
      const list = await owner.send(form, /try-claims$/, { claims: '["a"]' });
      assert.equal(list.status, 400);
    });

    test('Administrators may do the same; auditors see them and try nothing', async () => {
      const administrator = await createOperator(server.issuer, dave);
      assert.match((await administrator.open('/identity-providers/staff')).html, /Try claims/);
      const auditor = await createOperator(server.issuer, carol);
      const seen = await auditor.open('/identity-providers/staff');
      assert.equal(seen.status, 200);
      assert.doesNotMatch(seen.html, /Try claims|Test this connection/);
      assert.equal((await auditor.open('/identity-providers/staff/try-claims')).status, 403);
    });
  });
});
