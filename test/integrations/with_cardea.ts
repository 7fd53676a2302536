/** What each recipe guarantees with a running Cardea. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as openid from 'openid-client';
import { sqliteServer } from '../support/flows.ts';
import { revoke } from '../support/holder.ts';
import { createRelyingParty } from '../support/relying_party.ts';
import { call, invalid, until } from './answers.ts';
import { brief, declaration, orders, secret, stock } from './configuration.ts';
import { exchangedKey } from './exchanged_key.ts';
import type { PreparedRecipe, RunningApi } from './programs.ts';

export function withCardea(prepared: PreparedRecipe): void {
  sqliteServer({ declaration }, (server) => {
    let api: RunningApi;
    before(async () => {
      api = await prepared.start(server().issuer, orders);
    });
    after(() => api.stop());

    const client = () =>
      openid.discovery(new URL(server().issuer), 'job', {}, openid.ClientSecretBasic(secret), {
        execute: [openid.allowInsecureRequests],
      });
    const tokenFor = async (scope: string, resource: string, dpop?: openid.DPoPHandle) => {
      const options = dpop && { DPoP: dpop };
      const request = { scope, resource };
      const grant = await openid.clientCredentialsGrant(await client(), request, options);
      return grant.access_token;
    };

    test('A revoked token is refused, and another one is still accepted', async () => {
      const [token, other] = [
        await tokenFor('orders:read', orders),
        await tokenFor('orders:read', orders),
      ];
      assert.deepEqual(await call(api, token), [200, null], api.logged());
      assert.deepEqual(await call(api, other), [200, null]);
      const { body } = await revoke(server().issuer, { clientId: 'job', secret }, token);
      assert.equal(body.revoked, true);
      await until(api, token, 401);
      assert.deepEqual(await call(api, token), invalid);
      assert.deepEqual(await call(api, other), [200, null]);
    });

    test('An expired token is refused', async () => {
      const apiOfBrief = await prepared.start(server().issuer, brief);
      try {
        const token = await tokenFor('orders:read', brief);
        await until(apiOfBrief, token, 401);
        assert.deepEqual(await call(apiOfBrief, token), invalid);
        const another = await tokenFor('orders:read', brief);
        assert.deepEqual(await call(apiOfBrief, another), [200, null]);
      } finally {
        await apiOfBrief.stop();
      }
    });

    test('A token for another audience is refused', async () => {
      assert.deepEqual(await call(api, await tokenFor('stock:read', stock)), invalid);
    });

    test('The token of a live API key is accepted, and that of a test API key is refused', async () => {
      const live = await exchangedKey(server(), 'live');
      assert.deepEqual(await call(api, live), [200, null], api.logged());
      assert.deepEqual(await call(api, await exchangedKey(server(), 'test')), invalid);
    });

    test('The access token of a sign-in is accepted, and its ID token is refused', async () => {
      const authentication = openid.ClientSecretBasic(secret);
      const party = { issuer: server().issuer, clientId: 'app', authentication };
      const app = await createRelyingParty(party);
      const parameters = { scope: 'openid orders:read', resource: orders };
      const { tokens } = await app.signIn({ parameters });
      assert.deepEqual(await call(api, tokens.access_token), [200, null], api.logged());
      assert.deepEqual(await call(api, tokens.id_token), invalid);
    });

    test('A token without the required scope is answered as insufficient, not as invalid', async () => {
      const [status, challenge] = await call(api, await tokenFor('orders:write', orders));
      assert.equal(status, 403);
      assert.equal(challenge, 'Bearer error="insufficient_scope", scope="orders:read"');
    });

    test('A token bound to a DPoP key is refused as a bearer token', async () => {
      const handle = openid.getDPoPHandle(await client(), await openid.randomDPoPKeyPair());
      assert.deepEqual(await call(api, await tokenFor('orders:read', orders, handle)), invalid);
    });
  });
}
