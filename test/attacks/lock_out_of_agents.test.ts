/** Strangers cannot keep people from the agents that they use, and make Cardea call others no more often than it says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { createUserAgent } from '../../harness/user_agent.ts';
import { documentFetches } from '../../src/definitions/limits.ts';
import { connect } from '../flows/agents/agent.ts';
import { hosted, startDocumentSite } from '../flows/agents/document_site.ts';
import { send } from '../flows/registration/registrar.ts';
import { postForm } from '../support/flows.ts';
import { createMovableClock } from '../support/rooms.ts';
import { startTestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { ask, opened, redirectUri, withStore } from './unvouched_clients.ts';

const site = await startDocumentSite();
after(() => site.close());
const { limit } = documentFetches.perAddress;
const attacker = '203.0.113.1';
const staleMs = 6 * 60_000;

let calls = 0;
/** Takes connections and answers none: a host that is named in documents. */
const fixture = (name: string) => readFileSync(new URL(`../net/fixtures/${name}`, import.meta.url));
const victim = createServer(
  { cert: fixture('localhost.crt'), key: fixture('localhost.key') },
  ({ socket }) => {
    calls += 1;
    socket.destroy();
  },
);
before(async () => {
  victim.listen(0, '127.0.0.1');
  await once(victim, 'listening');
});
after(() => void victim.close());
const atVictim = () => `https://localhost:${(victim.address() as AddressInfo).port}/keys`;
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const unsigned = (claims: object) =>
  `${encode({ alg: 'ES256', kid: 'k' })}.${encode(claims)}.${'A'.repeat(86)}`;

onSqlite((stores) => {
  const started = async (t: TestContext) => {
    const clock = createMovableClock(Date.now());
    const store = await stores.freshUrl();
    const server = await startTestServer({
      ...{ declaration: opened, clock, store, trustedProxies: '127.0.0.1/32' },
    });
    t.after(() => server.close());
    return { issuer: server.issuer, store, clock };
  };

  test('A stranger who has used up his fetches keeps nobody else from an app', async (t) => {
    const { issuer, clock } = await started(t);
    const clientId = site.serve('/popular', hosted);
    assert.equal((await ask(issuer, { client_id: clientId })).status, 303);
    for (let count = 0; count <= limit; count += 1)
      await ask(issuer, { client_id: `${site.url}/none/${count}` }, attacker);
    const statuses = new Set<number>();
    for (let round = 0; round < 15; round += 1) {
      clock.advance(staleMs);
      const attacks = Array.from({ length: 10 }, () =>
        ask(issuer, { client_id: clientId }, attacker),
      );
      const [person] = await Promise.all([ask(issuer, { client_id: clientId }), ...attacks]);
      statuses.add(person.status);
    }
    assert.deepEqual([...statuses], [303]);
  });

  test('A stranger in the same network does not keep people there from the app that they use', async (t) => {
    const { issuer, clock } = await started(t);
    const clientId = site.serve('/used', hosted);
    await connect(issuer, { clientId, redirectUri });
    clock.advance(staleMs);
    for (let count = 0; count < limit; count += 1)
      await ask(issuer, { client_id: `${site.url}/nothing/${count}` }, attacker);
    assert.equal((await ask(issuer, { client_id: clientId }, attacker)).status, 303);
  });

  test('Who registers without a token has no more addresses called than clients registered', async (t) => {
    const { issuer } = await started(t);
    const metadata = { redirect_uris: [redirectUri], subject_type: 'pairwise' };
    const sector = { ...metadata, sector_identifier_uri: `${site.url}/sector` };
    for (let count = 0; count < 30; count += 1)
      await send('POST', `${issuer}/register`, undefined, sector);
    assert.ok(site.fetched('/sector') <= 20, `${site.fetched('/sector')} calls`);
  });

  test('A document makes Cardea call the host of its keys no more often than documents are fetched', async (t) => {
    const { issuer } = await started(t);
    const clientId = site.serve('/signer', {
      ...{ ...hosted, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: atVictim() },
    });
    assert.equal((await ask(issuer, { client_id: clientId }, attacker)).status, 303);
    const exp = Math.floor(Date.now() / 1000) + 60;
    for (let count = 0; count < 2 * limit; count += 1) {
      const claims = { iss: clientId, sub: clientId, aud: issuer, jti: String(count), exp };
      await postForm(`${issuer}/token`, {
        ...{ grant_type: 'authorization_code', code: 'x', client_assertion: unsigned(claims) },
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });
    }
    assert.ok(calls <= limit, `${calls} calls`);
  });

  test('Nobody is sent on to where a stranger says before signing in', async (t) => {
    const { issuer } = await started(t);
    const clientId = site.serve('/lure', {
      ...{ ...hosted, post_logout_redirect_uris: ['https://agent.example/out'] },
    });
    for (const wrong of [
      { response_type: 'code id_token' },
      { resource: 'https://nowhere.example' },
      { max_age: 'x' },
    ] as Record<string, string>[]) {
      const { location } = await ask(issuer, { client_id: clientId, ...wrong });
      assert.ok(!location?.startsWith('https://agent.example/'), JSON.stringify(wrong));
    }
  });

  test('A link to sign-out does not send who is not signed in on to where a stranger says', async (t) => {
    const { issuer } = await started(t);
    const out = 'https://agent.example/out';
    const clientId = site.serve('/lure-out', { ...hosted, post_logout_redirect_uris: [out] });
    await ask(issuer, { client_id: clientId });
    const link = new URLSearchParams({ client_id: clientId, post_logout_redirect_uri: out });
    const { html } = await createUserAgent().open(`${issuer}/logout?${link}`);
    assert.doesNotMatch(html, /data-submit-at-once/);
  });

  test('A document leaves no more than the metadata of a client that registers', async (t) => {
    const { issuer, store } = await started(t);
    const clientId = site.serve('/wordy', { ...hosted, scope: 'x '.repeat(7 * 1024) });
    await ask(issuer, { client_id: clientId });
    const record = await withStore(store, (kept) => kept.clients.find(clientId));
    assert.ok(JSON.stringify(record?.metadata ?? {}).length <= 8 * 1024);
  });
});
