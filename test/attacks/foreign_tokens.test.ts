/**
 * Introspection and revocation tell nobody of tokens that are not theirs (RFC 7662 section 4), and nobody
 * ends them: a foreign token looks like one that never was.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { bob } from '../../harness/sign_in.ts';
import { createAppSession, type TokenSet, tokensOf } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import {
  declaration,
  jobSecret,
  notes,
  notesSecret,
  orders,
  ordersSecret,
  shopSecret,
} from './configuration.ts';
import { eachTarget } from './target.ts';

const callers = {
  'orders-api': { authorization: basic('orders-api', ordersSecret) },
  'notes-api': { authorization: basic('notes-api', notesSecret) },
  shop: { authorization: basic('shop', shopSecret) },
  job: { authorization: basic('job', jobSecret) },
};
type Caller = keyof typeof callers;

await eachTarget(declaration, (target) => {
  let forOrders: TokenSet;
  let forNotes: TokenSet;
  let jobToken: string;

  before(async () => {
    const app = createAppSession({
      issuer: target().issuer,
      clientId: 'app',
      scope: 'openid offline_access orders:read notes:read',
    });
    forOrders = await app.newTokens(target(), { resource: orders });
    forNotes = await app.newTokens(target(), { resource: notes });
    const { body } = await postForm(
      `${target().issuer}/token`,
      { grant_type: 'client_credentials', resource: notes },
      callers.job,
    );
    jobToken = String(body.access_token);
  });

  const introspect = async (caller: Caller, token: string, more = {}) => {
    const url = `${target().issuer}/introspect`;
    const answer = await postForm(url, { token, ...more }, callers[caller]);
    assert.equal(answer.status, 200);
    return answer;
  };
  const all = () => ({
    'JWT for orders': forOrders.accessToken,
    'opaque token for notes': forNotes.accessToken,
    'refresh token': forOrders.refreshToken,
    'ID token': forOrders.idToken,
    'a service’s token': jobToken,
  });

  test('An API can introspect its own tokens and no others', async () => {
    assert.equal((await introspect('orders-api', forOrders.accessToken)).body.active, true);
    assert.equal((await introspect('notes-api', forNotes.accessToken)).body.active, true);
    assert.equal((await introspect('notes-api', jobToken)).body.active, true);
    assert.equal((await introspect('job', jobToken)).body.active, true);
  });

  test("Another client's token is answered exactly like nonsense, whatever the hint", async () => {
    const own: Record<Caller, string[]> = {
      'orders-api': ['JWT for orders'],
      'notes-api': ['opaque token for notes', 'a service’s token'],
      shop: [],
      job: ['a service’s token'],
    };
    const kept = ['cache-control', 'content-type', 'content-length', 'www-authenticate'];
    const shape = ({ headers, body }: Awaited<ReturnType<typeof introspect>>) =>
      JSON.stringify([kept.map((name) => headers.get(name)), body]);
    for (const caller of Object.keys(callers) as Caller[]) {
      const nonsense = shape(await introspect(caller, 'nonsense'));
      for (const [what, token] of Object.entries(all())) {
        if (own[caller].includes(what)) continue;
        for (const hint of ['access_token', 'refresh_token', 'id_token', '']) {
          const answer = await introspect(caller, token, hint && { token_type_hint: hint });
          assert.equal(shape(answer), nonsense, `${what} to ${caller}`);
        }
      }
    }
  });

  test('A caller that fails authentication learns nothing, even about its own tokens', async () => {
    const url = `${target().issuer}/introspect`;
    for (const token of [...Object.values(all()), 'nonsense']) {
      const asPublic = await postForm(url, { token, client_id: 'app' });
      assert.deepEqual(asPublic.body, { active: false });
      const asNobody = await postForm(url, { token });
      assert.deepEqual([asNobody.status, asNobody.body.error], [400, 'invalid_request']);
      const wrong = { authorization: basic('orders-api', 'x'.repeat(40)) };
      const guessed = await postForm(url, { token }, wrong);
      assert.deepEqual([guessed.status, guessed.body.error], [401, 'invalid_client']);
    }
  });

  describe('Token revocation by others', () => {
    test('A revocation request from another client changes nothing and is answered as for nonsense', async () => {
      const url = `${target().issuer}/revoke`;
      const before = await target().dump();
      for (const caller of ['orders-api', 'notes-api', 'shop'] as const) {
        const nonsense = await postForm(url, { token: 'nonsense' }, callers[caller]);
        assert.equal(nonsense.body.revoked, false);
        for (const [what, token] of Object.entries(all())) {
          const { status, body } = await postForm(url, { token }, callers[caller]);
          assert.equal(status, 200);
          assert.deepEqual(body, nonsense.body, `${what} by ${caller}`);
        }
      }
      const asOther = { token: forOrders.refreshToken, client_id: 'asking-app' };
      assert.equal((await postForm(url, asOther)).body.revoked, false);
      const after = await target().dump();
      assert.deepEqual(after.revocations, before.revocations);
      assert.equal(after.artifacts?.length, before.artifacts?.length);
      assert.equal((await introspect('orders-api', forOrders.accessToken)).body.active, true);
      assert.equal((await introspect('notes-api', forNotes.accessToken)).body.active, true);
    });
  });

  test('A token issued while its user is being disabled is not active', async () => {
    const app = createAppSession({
      issuer: target().issuer,
      clientId: 'app',
      scope: 'openid orders:read notes:read',
      person: bob,
    });
    const late = [
      ['orders-api', await app.newTokens(target(), { resource: orders })],
      ['notes-api', await app.newTokens(target(), { resource: notes })],
    ] as const;
    // Without the revocation that comes with it: what that finds, it ends anyway.
    await target().changeUser(bob.username, { disabledAt: Date.now() });
    for (const [caller, { accessToken, refreshToken }] of late) {
      assert.deepEqual((await introspect(caller, accessToken)).body, { active: false });
      const headers = { authorization: `Bearer ${accessToken}` };
      const userinfo = await fetch(`${target().issuer}/userinfo`, { headers });
      assert.equal(userinfo.status, 401);
      assert.equal((await app.refresh(target(), refreshToken)).body.error, 'invalid_grant');
    }
  });

  test('A refresh never grants a scope that was not granted before', async () => {
    const refreshed = tokensOf(
      await postForm(`${target().issuer}/token`, {
        grant_type: 'refresh_token',
        client_id: 'app',
        refresh_token: forOrders.refreshToken,
        scope: 'openid',
      }),
    );
    const { body } = await introspect('orders-api', refreshed.accessToken);
    assert.equal(body.scope, 'openid');
    const more = await postForm(`${target().issuer}/token`, {
      grant_type: 'refresh_token',
      client_id: 'app',
      refresh_token: refreshed.refreshToken,
      scope: 'openid orders:read orders:write',
    });
    assert.deepEqual([more.status, more.body.error], [400, 'invalid_scope']);
  });
});
