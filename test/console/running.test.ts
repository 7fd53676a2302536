/** What operators do at the console while the server runs: revoke, look refusals up, read the audit log. One server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { alice, bob, createOperator, declaration, headingOf, type Operator } from './scene.ts';

onSqlite((stores) => {
  describe('Running Cardea from the console', () => {
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
      owner = await createOperator(server.issuer, alice);
    });
    after(() => server.close());

    test('An owner sees what a revocation hits, types the name, and sees how far it has come', async () => {
      const unknown = await owner.open('/revoke/confirm?kind=user&name=nobody');
      assert.equal(unknown.status, 400);
      assert.match(unknown.html, /No such user/);

      const ask = await owner.open(`/revoke/confirm?kind=user&name=${bob.username}`);
      assert.equal(headingOf(ask), 'Revoke the user bob?');
      assert.match(ask.html, /It hits 0 JWT access tokens of people/);

      const mistyped = await owner.send(ask, /confirm/, { confirmation: 'alice' });
      assert.equal(mistyped.status, 400);
      assert.match(mistyped.html, /This is not the same\. Nothing was done\./);

      const fields = { confirmation: bob.username, reason: 'lost laptop' };
      const done = await owner.send(mistyped, /confirm/, fields);
      assert.equal(headingOf(done), 'How far it has come');
      assert.match(done.html, /User bob is revoked\./);
      assert.match(done.html, /Refused since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
      assert.match(done.html, /Dead at every verifier/);
    });
  });
});
