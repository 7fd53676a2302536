/**
 * What a thief of the database holds is no credential, also in the notation in which the program itself keeps
 * it inside. That nothing in it opens anything as it stands is test/flows/stolen_store's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUserAgent } from '../../harness/user_agent.ts';
import { createAppSession } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration, orders } from './configuration.ts';
import { type Row, sqliteTarget } from './target.ts';

type Stored = { secretHashes: { hash: string }[]; clientId: string };

sqliteTarget(declaration, (target) => {
  const storedClient = async (clientId: string): Promise<Stored> => {
    const { clients = [] } = await target().dump();
    const row = clients.find((client: Row) => client.client_id === clientId);
    return JSON.parse(String(row?.record)) as Stored;
  };

  test('The stored hash of a client secret does not authenticate the client', async () => {
    const { issuer } = target();
    const { secretHashes } = await storedClient('job');
    const [{ hash = '' } = {}] = secretHashes;
    assert.equal(hash.length, 43);
    const request = { grant_type: 'client_credentials', resource: orders };
    for (const secret of [
      hash,
      `hashed:${JSON.stringify(secretHashes)}`,
      `hashed:${hash}`,
      'hashed:[]',
      'hashed:',
      `hashed:[{"hash":"${hash}","createdAt":0}]`,
    ]) {
      const byHeader = await postForm(`${issuer}/token`, request, {
        authorization: basic('job', secret),
      });
      assert.deepEqual([byHeader.status, byHeader.body.error], [401, 'invalid_client'], secret);
      const byBody = await postForm(`${issuer}/token`, {
        ...request,
        client_id: 'job',
        client_secret: secret,
      });
      assert.equal(byBody.status, 401, secret);
    }
  });

  test('The stored hash of a client secret is not accepted in a registration update', async () => {
    const { issuer } = target();
    const answer = await fetch(`${issuer}/register`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await target().initialAccessToken()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ redirect_uris: [callback] }),
    });
    const client = (await answer.json()) as Record<string, string>;
    const { secretHashes } = await storedClient(String(client.client_id));
    for (const client_secret of [
      `hashed:${JSON.stringify(secretHashes)}`,
      secretHashes[0]?.hash,
      'hashed:[]',
      5,
      null,
    ]) {
      const update = await fetch(String(client.registration_client_uri), {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${client.registration_access_token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          client_id: client.client_id,
          client_secret,
          redirect_uris: ['https://evil.example/'],
        }),
      });
      assert.equal(update.status, 400, String(client_secret));
    }
    assert.doesNotMatch(JSON.stringify(await storedClient(String(client.client_id))), /evil/);
  });

  test('A session or interaction id from the database does not make a valid cookie', async () => {
    const { issuer } = target();
    const app = createAppSession({ issuer, clientId: 'app', scope: 'openid' });
    await app.newCode();
    const waiting = await createUserAgent().open(authorizeUrl(issuer));
    const { artifacts = [] } = await target().dump();
    const idsOf = (kind: string) =>
      artifacts.filter((row: Row) => row.kind === kind).map(({ id }) => String(id));
    const signature = app.agent.cookies().find(({ name }) => name === 'cardea_session.sig');
    assert.ok(idsOf('Session').length > 0 && idsOf('Interaction').length > 0 && signature);
    for (const id of idsOf('Session')) {
      for (const value of [id, `#${id}`]) {
        const thief = createUserAgent();
        thief.plant(issuer, [{ name: 'cardea_session', value, path: '/' }, signature]);
        const silent = await thief.open(authorizeUrl(issuer, { prompt: 'none' }), {
          stopAt: callback,
        });
        assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required');
      }
    }
    const path = new URL(waiting.url).pathname;
    for (const id of idsOf('Interaction')) {
      for (const value of [id, `#${id}`]) {
        const thief = createUserAgent();
        thief.plant(issuer, [
          { name: 'cardea_interaction', value, path },
          { ...signature, path },
        ]);
        assert.equal((await thief.open(waiting.url)).status, 400);
        const byPath = `${issuer}/interaction/${encodeURIComponent(value)}`;
        assert.equal((await thief.open(byPath)).status, 400);
      }
    }
  });
});
