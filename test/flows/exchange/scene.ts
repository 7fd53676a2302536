/**
 * Two nodes on one store, an operator beside them, and those who exchange: what a test of this room asks and
 * is told.
 */
import assert from 'node:assert/strict';
import { alice } from '../../../harness/sign_in.ts';
import { createKeyChanges } from '../../../src/api_keys/lifecycle/key_changes.ts';
import { createChangeMarkers } from '../../../src/caching/change_markers.ts';
import { createClients } from '../../../src/clients/service.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import { type AppSession, createAppSession, type TokenSet } from '../../support/app_session.ts';
import { basic, failuresOf, postForm } from '../../support/flows.ts';
import { keyRoomsOn } from '../../support/key_rooms.ts';
import { startNodes } from '../../support/nodes.ts';
import { testAudit } from '../../support/rooms.ts';
import { sharedScene } from '../../support/scenes.ts';
import type { TestServer } from '../../support/server.ts';
import type { TestStores } from '../../support/stores.ts';
import { createFollower, type Follower } from '../kill_switches/follower.ts';
import { declaration, exchangeGrant, orders, scope, secret } from './configuration.ts';

export type Answer = Awaited<ReturnType<typeof postForm>>;

export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
export const apiKeyType = 'urn:cardea:token-type:api_key';
export const by = { actor: 'operator' };

export type Scene = Awaited<ReturnType<typeof openScene>>;

export function sceneOn(stores: TestStores): () => Scene {
  return sharedScene(stores, openScene);
}

async function openScene(url: string) {
  const [one, other] = await startNodes({ store: url, declaration, trustedProxies: '127.0.0.1' });
  const store = await openStore({ url });
  const audit = testAudit(store, clock);
  const rooms = keyRoomsOn(store, { declared: declaration, audit, clock });
  const { killSwitches, apiKeys: keys, projects } = rooms;
  const announce = createChangeMarkers({ markers: store.revocations, clock });
  const clients = createClients({ store: store.clients, killSwitches, clock, audit, announce });
  const project = { id: 'team', name: 'Team', api: orders, memberIds: [] };
  const now = clock.now();
  await store.projects.create({ ...project, createdAt: now, updatedAt: now, version: 1 });
  const follower: Follower = createFollower(() => other);
  const post = (node: TestServer, path: string, fields: Fields, clientId?: string) =>
    postForm(
      `${node.url}${path}`,
      fields,
      clientId === undefined ? {} : { authorization: basic(clientId, secret) },
    );

  const scene = {
    ...{ one, other, store, keys, projects, clients, announce, follower },
    projectChanged: createKeyChanges({ announce }).projectChanged,

    session: (clientId = 'app', redirectUri?: string, person = alice): AppSession =>
      createAppSession({
        ...{ issuer: one.issuer, clientId, secret, scope, person },
        ...(redirectUri !== undefined && { redirectUri }),
      }),

    /** A key of the project, or of a user. */
    async newKey(fields: object = {}): Promise<{ id: string; key: string }> {
      const { record, key } = await keys.create(
        {
          ...{ name: 'ci', api: orders, scopes: ['orders:read', 'orders:write'] },
          ...('user_id' in fields ? {} : { project_id: project.id }),
          ...fields,
        },
        { ...by, createdBy: 'operator' },
      );
      return { id: record.id, key };
    },

    /** Exchanges an API key, without a client. */
    exchangeKey: (key: string, more: Record<string, string> = {}, node = one): Promise<Answer> =>
      post(node, '/token', {
        ...{ grant_type: exchangeGrant, subject_token: key, subject_token_type: apiKeyType },
        ...more,
      }),

    exchange: (
      clientId: string,
      token: string,
      more: Record<string, string> = {},
      node = one,
    ): Promise<Answer> =>
      post(
        node,
        '/token',
        {
          ...{ grant_type: exchangeGrant, subject_token: token },
          ...{ subject_token_type: accessTokenType, ...more },
        },
        clientId,
      ),

    /** A service's own token. */
    async serviceToken(clientId: string, resource: string): Promise<string> {
      const fields = { grant_type: 'client_credentials', resource };
      return tokenOf(await post(one, '/token', fields, clientId));
    },

    /** What a person has who just signed in to an app. */
    signedIn: (resource = orders, clientId = 'app'): Promise<TokenSet> =>
      scene.session(clientId).newTokens(one, { resource }),

    revoke: (clientId: string, token: string, node = one): Promise<Answer> =>
      post(node, '/revoke', { token }, clientId),

    /** Throws a switch as an operator's process does. */
    throwSwitch: (target: RevocationTarget) =>
      killSwitches.throwSwitch(target, { type: 'revocation.everything', ...by }),

    /** What the client is told of a token, by the other node. */
    async isActive(token: string, clientId = 'orders-api'): Promise<boolean> {
      const { status, body } = await scene.introspect(token, {}, clientId);
      assert.equal(status, 200, JSON.stringify(body));
      return body.active === true;
    },

    /** What the other node answers a gateway of `orders`; `from`: the caller's address. */
    async gatewayAnswer(
      token: string,
      settings: Record<string, string> = {},
      { from, node = other }: { from?: string; node?: TestServer } = {},
    ): Promise<Response> {
      const asked = new URLSearchParams({ api: orders, ...settings });
      const headers = {
        authorization: `Bearer ${token}`,
        ...(from !== undefined && { 'X-Forwarded-For': from }),
      };
      const answer = await fetch(`${node.url}/forward-auth?${asked}`, { headers });
      await answer.body?.cancel();
      return answer;
    },

    /** What an API is told of a token; `fields`: further parameters. */
    introspect: (
      token: string,
      fields: Record<string, string> = {},
      clientId = 'orders-api',
      node = other,
    ): Promise<Answer> => post(node, '/introspect', { token, ...fields }, clientId),

    /** Uses of a key as they are on record: allowed, limited, denied. */
    async usageOf(keyId: string): Promise<number[]> {
      const range = { from: '2000-01-01', to: '9999-12-31' };
      const rows = await store.usage.query({ ...range, keyId, limit: 100 });
      const sum = (name: 'allowed' | 'limited' | 'denied') =>
        rows.reduce((total, row) => total + row[name], 0);
      return [sum('allowed'), sum('limited'), sum('denied')];
    },

    async atGateway(token: string, settings?: Record<string, string>): Promise<number> {
      return (await scene.gatewayAnswer(token, settings)).status;
    },

    /** Refused by introspection at once, and its bit set. */
    async assertDead(token: string, clientId = 'orders-api', about = ''): Promise<void> {
      assert.equal(await scene.isActive(token, clientId), false, about);
      await follower.untilRevoked(token);
    },

    async assertAlive(token: string, clientId = 'orders-api'): Promise<void> {
      assert.equal(await scene.isActive(token, clientId), true);
      assert.equal(await follower.isRevoked(token), false);
    },

    async opensUserinfo(token: string): Promise<boolean> {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${one.url}/userinfo`, { headers });
      await answer.body?.cancel();
      return answer.status === 200;
    },

    async close(): Promise<void> {
      await Promise.all([one.close(), other.close()]);
      await store.close();
      assert.deepEqual(failuresOf(one.logged() + other.logged()), []);
    },
  };
  return scene;
}

type Fields = Parameters<typeof postForm>[1];

/** Of an answer that has one; throws for any other. */
export function tokenOf({ status, body }: Answer): string {
  assert.equal(status, 200, JSON.stringify(body));
  return String(body.access_token);
}

/** `400 invalid_request`. */
export function refusalOf({ status, body }: Answer): string {
  return `${status} ${body.error}`;
}
