/** What a server that was used for a while has in its statistics after a stop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { people } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { statisticsMetrics } from '../../../src/statistics/metrics.ts';
import { openStore } from '../../../src/storage/open.ts';
import { createAppSession } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { startTestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';

const orders = 'https://orders.example';
const secret = 'a-secret-of-at-least-32-characters';
const declaration = {
  users: people,
  apis: [
    { identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See orders' }, client_id: 'o' },
  ],
  clients: [
    { client_id: 'o', client_secret: secret, grant_types: [] },
    {
      ...{ client_id: 'job', client_secret: secret, grant_types: ['client_credentials'] },
      ...{ scope: 'orders:read', apis: [orders] },
    },
    {
      ...{ client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: [callbackUri] },
      ...{ grant_types: ['authorization_code', 'refresh_token'], consent: 'skip' },
      ...{ scope: 'openid offline_access orders:read', apis: [orders] },
    },
  ],
};

onSqlite((stores) => {
  test('Tokens, refusals, revocations, sign-ins, failed sign-ins, sign-outs and verdicts are in the statistics of their hour', async () => {
    const store = await stores.freshUrl();
    const server = await startTestServer({ store, declaration });
    const { issuer } = server;
    const token = (password: string) =>
      postForm(
        `${issuer}/token`,
        { grant_type: 'client_credentials' },
        { authorization: basic('job', password) },
      );
    await token(secret);
    await token(secret);
    await token('wrong');

    const agent = createUserAgent();
    const scope = 'openid offline_access orders:read';
    const app = createAppSession({ issuer, clientId: 'app', scope, agent });
    const page = await agent.open(
      `${issuer}/authorize?${new URLSearchParams(app.request('v'.repeat(43)))}`,
    );
    await agent.submit(page, {
      action: /interaction/,
      fields: { username: 'alice', password: 'wrong password' },
    });
    const { refreshToken } = await app.newTokens({ url: issuer });
    assert.equal((await app.revoke({ url: issuer }, refreshToken)).status, 200);
    const question = await agent.open(`${issuer}/logout?client_id=app`);
    await agent.submit(question, { action: /\/confirm$/, fields: { logout: 'yes' } });
    await fetch(`${issuer}/api-keys/verify`, {
      method: 'POST',
      headers: { authorization: basic('o', secret), 'content-type': 'application/json' },
      body: JSON.stringify({ key: 'cardea_live_nonsense' }),
    });
    await server.close();

    const { statistics, close } = await openStore({ url: store });
    const ever = { step: 'hour' as const, from: 0, until: Date.now() + 1 };
    const read = async (metric: string) => {
      const rows = await statistics.read({ ...ever, metric, limit: 100 });
      // Around the full hour there may be two of a label.
      const counts: Record<string, number> = {};
      for (const { label, count } of rows) counts[label] = (counts[label] ?? 0) + count;
      return counts;
    };
    const m = statisticsMetrics;
    assert.deepEqual(await read(m.tokensIssued), { authorization_code: 1, client_credentials: 2 });
    assert.deepEqual(await read(m.requestsRefused), { client_secret_wrong: 1, password_wrong: 1 });
    assert.deepEqual(await read(m.signIns), { '': 1 });
    assert.deepEqual(await read(m.failedSignIns), { failed: 1 });
    assert.deepEqual(await read(m.signOuts), { '': 1 });
    assert.deepEqual(await read(m.revocations), { by_client: 1 });
    assert.deepEqual(await read(m.apiKeyVerdicts), { malformed: 1 });
    const [latency] = await statistics.read({ ...ever, metric: m.storeSeconds, limit: 1 });
    assert.ok(latency && latency.count > 20 && latency.max > 0 && latency.sum >= latency.max);
    await close();
  });
});
