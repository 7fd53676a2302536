import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClients } from '../../../src/clients/service.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createRevocations, type Revocations } from '../../../src/tokens/revocation/revocations.ts';
import { createUsers } from '../../../src/users/service.ts';
import {
  type AppSession,
  createAppSession,
  inParallel,
  type Node,
  tokensOf,
} from '../../support/app_session.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { basic, postForm } from '../../support/flows.ts';
import { killSwitchesOn } from '../../support/kill_switches.ts';
import { createAuditTrail, standardScopes } from '../../support/rooms.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import {
  carol,
  dave,
  declaration,
  orders,
  scope,
  secrets,
  serviceSecret,
  stock,
} from './configuration.ts';

const audit = createAuditTrail();
const passwords = {
  hash: async () => '',
  hashAgain: async () => '',
  verify: async () => false,
  match: async () => ({ matches: false, isOutdated: false }),
};
type Api = 'orders-api' | 'stock-api';

await eachEngine((stores) => {
  let one: TestServer;
  let other: TestServer;
  let late: TestServer;
  let app: AppSession;
  let store: Store;
  let revocations: Revocations;
  before(async () => {
    const url = await stores.freshUrl();
    const options = { store: url, declaration };
    one = await startTestServer(options);
    const { issuer } = one;
    other = await startTestServer({ ...options, issuer });
    late = await startTestServer({ ...options, issuer, clock: createShiftedClock(-30_000) });
    app = createAppSession({ issuer, clientId: 'app', scope });
    store = await openStore({ url });
    revocations = createRevocations({
      markers: store.revocations,
      artifacts: store.artifacts,
      clock,
    });
  });
  after(async () => {
    await Promise.all([one, other, late].map((server) => server.close()));
    await store.close();
  });

  const introspect = async (node: Node, token: string, api: Api) => {
    const authorization = basic(api, secrets[api]);
    const answer = await postForm(`${node.url}/introspect`, { token }, { authorization });
    assert.equal(answer.status, 200);
    return answer.body.active;
  };
  const userinfo = async (node: Node, token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${node.url}/userinfo`, { headers });
    await answer.body?.cancel();
    return answer.status;
  };
  const forResource = (resource: string) => app.newTokens(one, { resource });
  const serviceToken = async (resource: string, clientId = 'service') => {
    const { body } = await postForm(
      `${one.url}/token`,
      { grant_type: 'client_credentials', resource },
      { authorization: basic(clientId, serviceSecret) },
    );
    return String(body.access_token);
  };

  const formats = [
    { format: 'JWT', resource: orders, api: 'orders-api', suffixes: ['1', '2'], person: carol },
    { format: 'opaque', resource: stock, api: 'stock-api', suffixes: ['3', '4'], person: dave },
  ] as const;
  for (const { format, resource, api, suffixes, person } of formats) {
    test(`A revoked ${format} access token is refused by the other node's next response`, async () => {
      const { accessToken, refreshToken } = await forResource(resource);
      assert.equal(accessToken.split('.').length === 3, format === 'JWT');
      assert.equal(await introspect(other, accessToken, api), true);
      assert.equal(await userinfo(other, accessToken), 200);

      const { status, body } = await app.revoke(one, accessToken);
      assert.equal(status, 200);
      assert.equal(body.revoked, true);
      assert.equal(await introspect(other, accessToken, api), false);
      assert.equal(await userinfo(other, accessToken), 401);
      assert.equal((await app.refresh(other, refreshToken)).status, 200, 'its family lives on');
    });

    test(`A revoked ${format} token of a service is refused by the other node's next response`, async () => {
      const token = await serviceToken(resource);
      assert.equal(await introspect(other, token, api), true);
      const authorization = basic('service', serviceSecret);
      await postForm(`${one.url}/revoke`, { token }, { authorization });
      assert.equal(await introspect(other, token, api), false);
    });

    test(`A revoked refresh token ends its family and its ${format} access tokens`, async () => {
      const bystander = await forResource(resource);
      const first = await forResource(resource);
      const second = tokensOf(await app.refresh(one, first.refreshToken));
      assert.equal((await app.revoke(one, second.refreshToken)).body.revoked, true);
      for (const { accessToken, refreshToken } of [first, second]) {
        assert.equal(await introspect(other, accessToken, api), false);
        assert.equal(await userinfo(other, accessToken), 401);
        assert.equal((await app.refresh(other, refreshToken)).body.error, 'invalid_grant');
      }
      assert.equal(await introspect(other, bystander.accessToken, api), true);
      assert.equal((await app.refresh(other, bystander.refreshToken)).status, 200);
    });

    test(`Refreshes that run while the family is revoked gain nothing (${format})`, async () => {
      const { refreshToken } = await forResource(resource);
      const [answers] = await Promise.all([
        inParallel(20, [one, other], (node) => app.refresh(node, refreshToken)),
        app.revoke(one, refreshToken),
      ]);
      for (const answer of answers.filter(({ status }) => status === 200)) {
        const tokens = tokensOf(answer);
        assert.equal(await introspect(other, tokens.accessToken, api), false);
        assert.equal((await app.refresh(one, tokens.refreshToken)).body.error, 'invalid_grant');
      }
      assert.equal((await app.refresh(other, refreshToken)).body.error, 'invalid_grant');
    });

    test(`A node whose clock is behind still revokes a ${format} token`, async () => {
      const { accessToken } = await forResource(resource);
      await app.revoke(late, accessToken);
      assert.equal(await introspect(other, accessToken, api), false);
      const family = await forResource(resource);
      await app.revoke(late, family.refreshToken);
      assert.equal(await introspect(other, family.accessToken, api), false);
    });

    test(`Disabling a client ends its ${format} tokens, and enabling it does not bring them back`, async () => {
      const { theirs, own, ids, clients } = await holdersOf(suffixes[0]);
      const { accessToken, refreshToken } = await theirs.newTokens(one, { resource });
      for (const clientId of ids) {
        await clients.disable(clientId);
        await revocations.revoke({ clientId });
      }
      const check = async () => {
        assert.equal(await introspect(other, own, api), false);
        assert.equal(await introspect(other, accessToken, api), false);
        assert.equal(await userinfo(other, accessToken), 401);
      };
      await check();
      assert.equal((await theirs.refresh(other, refreshToken)).body.error, 'invalid_client');
      for (const clientId of ids) await clients.enable(clientId);
      await check();
      assert.equal((await theirs.refresh(other, refreshToken)).body.error, 'invalid_grant');
    });

    test(`A ${format} token that a disabled client got through a running request is refused`, async () => {
      const { theirs, own, ids, clients } = await holdersOf(suffixes[1]);
      const { accessToken } = await theirs.newTokens(one, { resource });
      for (const clientId of ids) await clients.disable(clientId);
      assert.equal(await introspect(other, own, api), false);
      assert.equal(await introspect(other, accessToken, api), false);
      assert.equal(await userinfo(other, accessToken), 401);
    });

    test(`Disabling a user ends the user's ${format} tokens and session`, async () => {
      const theirs = createAppSession({ issuer: one.issuer, clientId: 'app', scope, person });
      const bystander = await forResource(resource);
      const { accessToken, refreshToken } = await theirs.newTokens(one, { resource });
      const { killSwitches } = killSwitchesOn(store, { declared: declaration, audit, clock });
      const users = createUsers({
        ...{ store: store.users, passwords, killSwitches, clock, audit },
        scopes: standardScopes,
      });
      const user = await users.findByUsername(person.username);
      assert.ok(user);
      await users.disable(user.id);

      const check = async () => {
        assert.equal(await introspect(other, accessToken, api), false);
        assert.equal(await userinfo(other, accessToken), 401);
        assert.equal((await theirs.refresh(other, refreshToken)).body.error, 'invalid_grant');
        await assert.rejects(theirs.newCode({ prompt: 'none', resource }), /login_required/);
      };
      await check();
      await users.enable(user.id);
      await check();
      assert.equal(await introspect(other, bystander.accessToken, api), true);
    });

    /** An app and a service with a token each, that a test may disable. */
    async function holdersOf(suffix: string) {
      const ids = [`app-${suffix}`, `service-${suffix}`] as const;
      const [clientId, service] = ids;
      const theirs = createAppSession({ issuer: one.issuer, clientId, scope });
      const own = await serviceToken(resource, service);
      const { announce, killSwitches } = killSwitchesOn(store, {
        declared: declaration,
        audit,
        clock,
      });
      const clients = createClients({
        ...{ store: store.clients, announce, killSwitches, clock, audit },
      });
      return { theirs, own, ids, clients };
    }
  }
});
