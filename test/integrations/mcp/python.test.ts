/** The Python SDK connects to a protected MCP server of which it knows only the address. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { decodeJwt } from 'jose';
import { sharedScene } from '../../support/scenes.ts';
import { onSqlite, type TestStores } from '../../support/stores.ts';
import { NotHere } from '../programs.ts';
import { preparePython, startPythonAgent } from './python_agent.ts';
import { metadata, openScene } from './scene.ts';

const prepared = await preparePython().catch((failure) => {
  if (failure instanceof NotHere) return failure;
  throw failure;
});

describe('An agent with the Python SDK', () => {
  if (prepared instanceof NotHere) {
    test('An agent connects to an MCP server', { skip: prepared.message }, () => {});
    return;
  }
  onSqlite((stores) => agentSuite(stores, prepared));
});

function agentSuite(stores: TestStores, python: string): void {
  const scene = sharedScene(stores, openScene);

  const startAgent = (t: TestContext, clientMetadataUrl?: string) => {
    const { url } = scene();
    const agent = startPythonAgent(python, {
      url,
      ...(clientMetadataUrl && { clientMetadataUrl }),
    });
    t.after(() => agent.end());
    return agent;
  };
  const hinge = { item: 'Bronze door hinge', quantity: 2 };
  const branch = { item: 'Whitethorn branch', quantity: 1 };

  test('An agent that hosts its metadata connects by the address of the document', async (t) => {
    const clientMetadataUrl = scene().publish(metadata);
    const agent = startAgent(t, clientMetadataUrl);
    const { said } = await agent.tell('use list_orders {}');
    assert.deepEqual(said, [hinge]);
    const after = await agent.tell(`use place_order ${JSON.stringify(branch)}`);
    assert.deepEqual(after.said, [hinge, branch]);
    const { access_token } = await agent.tell('tokens');
    const claims = decodeJwt(String(access_token));
    assert.equal(claims.client_id, clientMetadataUrl);
    assert.equal(claims.aud, scene().url);
    assert.equal(agent.asked.length, 1);
    assert.equal(agent.asked[0]?.searchParams.get('resource'), scene().url);
  });

  test('An agent that hosts nothing registers itself and connects', async (t) => {
    const agent = startAgent(t);
    await agent.tell('use list_orders {}');
    const { access_token } = await agent.tell('tokens');
    const { client_id } = decodeJwt(String(access_token));
    assert.equal(agent.asked[0]?.searchParams.get('client_id'), client_id);
    assert.doesNotMatch(String(client_id), /^https:/);
  });

  test('An agent whose access token is over refreshes it, and no person is asked', async (t) => {
    const agent = startAgent(t);
    await agent.tell('use list_orders {}');
    const before = await agent.tell('tokens');
    await agent.tell('expire');
    await agent.tell('use list_orders {}');
    assert.notEqual((await agent.tell('tokens')).access_token, before.access_token);
    assert.equal(agent.asked.length, 1);
  });

  test('Five programs that refresh with one refresh token at the same time all go on', async (t) => {
    const agent = startAgent(t, scene().publish(metadata));
    await agent.tell('use list_orders {}');
    const { refresh_tokens } = await agent.tell('refresh 5');
    assert.equal(refresh_tokens?.length, 5);
    assert.equal(new Set(refresh_tokens).size, 1);
    assert.equal(agent.asked.length, 1);
  });

  test('A person who withholds a scope gets the tools of the others, and may grant it later', async (t) => {
    const agent = startAgent(t, scene().publish(metadata));
    await agent.tell('use list_orders {}', { scopes: ['orders:read', 'offline_access'] });
    assert.equal(agent.asked.length, 1);
    await agent.tell(`use place_order ${JSON.stringify(branch)}`);
    assert.equal(agent.asked.length, 2);
  });

  test('A kill switch cuts an agent off, and nothing but another sign-in brings it back', async (t) => {
    const agent = startAgent(t);
    await agent.tell('use list_orders {}');
    const token = String((await agent.tell('tokens')).access_token);
    await scene().kill({ clientId: String(decodeJwt(token).client_id) });
    t.diagnostic(await scene().untilRefused(token));
    await agent.tell('expire');
    await agent.tell('use list_orders {}');
    assert.equal(agent.asked.length, 2);
  });
}
