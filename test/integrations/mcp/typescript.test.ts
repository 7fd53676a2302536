/** The TypeScript SDKs connect to a protected MCP server of which they know only the address. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { revoke } from '../../support/holder.ts';
import { sharedScene } from '../../support/scenes.ts';
import { onSqlite } from '../../support/stores.ts';
import { type Agent, createAgent, use } from './agent.ts';
import { metadata, openScene } from './scene.ts';
import { type Sdk, sdks } from './sdks.ts';

const hinge = { item: 'Bronze door hinge', quantity: 2 };
const branch = { item: 'Whitethorn branch', quantity: 1 };

for (const [name, sdk] of Object.entries(sdks)) {
  describe(`An agent with ${name}`, () => onSqlite((stores) => agentSuite(stores, sdk)));
}

function agentSuite(stores: Parameters<typeof sharedScene>[0], sdk: Sdk): void {
  const scene = sharedScene(stores, openScene);

  const hostedAgent = () => {
    const { url, publish } = scene();
    return createAgent(sdk, { url, clientMetadataUrl: publish(metadata) });
  };
  const registeringAgent = () => createAgent(sdk, { url: scene().url });
  const accessTokenOf = ({ kept }: Agent) => String(kept.tokens?.access_token);
  const clientIdOf = ({ kept }: Agent) => String(kept.client?.client_id);
  /** As its expiry would, in a moment instead of minutes. */
  const endAccessToken = async (agent: Agent) => {
    const token = accessTokenOf(agent);
    await revoke(scene().cardea.issuer, { clientId: clientIdOf(agent) }, token);
    await scene().untilRefused(token);
  };

  test('An agent that hosts its metadata connects by the address of the document, and registers nowhere', async () => {
    const agent = hostedAgent();
    const client = await agent.connect();
    assert.deepEqual(await use(client, 'list_orders'), [hinge]);
    assert.deepEqual(await use(client, 'place_order', branch), [hinge, branch]);
    assert.deepEqual(agent.sent('/register'), []);
    const { client_id, aud, scope } = decodeJwt(accessTokenOf(agent));
    assert.match(String(client_id), /^https:\/\/localhost:\d+\/clients\//);
    assert.equal(aud, scene().url);
    assert.match(String(scope), /^orders:read orders:write( offline_access)?$/);
    assert.equal(agent.asked.length, 1);
    assert.equal(agent.asked[0]?.searchParams.get('resource'), scene().url);
    await client.close();
  });

  test('An agent that hosts nothing registers itself, without any credential, and connects', async () => {
    const agent = registeringAgent();
    const client = await agent.connect();
    await use(client, 'list_orders');
    const [registration] = agent.sent('/register');
    assert.equal(registration?.status, 201);
    assert.equal(decodeJwt(accessTokenOf(agent)).client_id, clientIdOf(agent));
    await client.close();
  });

  test('An agent whose access token ended refreshes it, and no person is asked', async () => {
    const agent = hostedAgent();
    const client = await agent.connect();
    const before = accessTokenOf(agent);
    await endAccessToken(agent);
    await use(client, 'list_orders');
    assert.notEqual(accessTokenOf(agent), before);
    assert.equal(agent.asked.length, 1);
    await client.close();
  });

  test('Five windows that refresh with one refresh token at the same time all go on', async () => {
    const agent = registeringAgent();
    const windows = [await agent.connect()];
    while (windows.length < 5) windows.push(await agent.connect());
    await endAccessToken(agent);
    await Promise.all(windows.map((client) => use(client, 'list_orders')));
    const refreshes = agent
      .sent('/token')
      .filter(({ form }) => form.get('grant_type') === 'refresh_token');
    assert.equal(refreshes.length, 5);
    assert.equal(new Set(refreshes.map(({ form }) => form.get('refresh_token'))).size, 1);
    assert.deepEqual([...new Set(refreshes.map(({ status }) => status))], [200]);
    assert.equal(agent.asked.length, 1);
    // What they kept is good for another round.
    await endAccessToken(agent);
    await Promise.all(windows.map((client) => use(client, 'list_orders')));
    assert.equal(agent.asked.length, 1);
    await Promise.all(windows.map((client) => client.close()));
  });

  for (const [whom, targetOf] of [
    ['of the client', async (agent: Agent) => ({ clientId: clientIdOf(agent) })],
    ['of the person', async () => ({ accountId: await scene().userId() })],
  ] as const) {
    test(`The kill switch ${whom} cuts an agent off, and nothing but another sign-in brings it back`, async (t) => {
      const agent = registeringAgent();
      const client = await agent.connect();
      const token = accessTokenOf(agent);
      await scene().kill(await targetOf(agent));
      t.diagnostic(await scene().untilRefused(token));
      await assert.rejects(use(client, 'list_orders'), sdk.UnauthorizedError);
      const last = agent.sent('/token').at(-1);
      assert.equal(last?.form.get('grant_type'), 'refresh_token');
      assert.equal(last?.status, 400);
      assert.equal(agent.asked.length, 2);
      await client.close();
      const back = await agent.connect();
      await use(back, 'list_orders');
      await back.close();
    });
  }

  test('A person who withholds a scope gets the tools of the others, and may grant it later', async () => {
    const agent = hostedAgent();
    const client = await agent.connect({ scopes: ['orders:read'] });
    await use(client, 'list_orders');
    const refused = use(client, 'place_order', branch);
    if (!sdk.stepsUp) return assert.rejects(refused, /403/).finally(() => client.close());
    await assert.rejects(refused, sdk.UnauthorizedError);
    assert.match(String(agent.asked.at(-1)?.searchParams.get('scope')), /orders:write/);
    await agent.signIn();
    await use(client, 'place_order', branch);
    await client.close();
  });
}
