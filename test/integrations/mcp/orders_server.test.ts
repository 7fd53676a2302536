/** What the MCP server of scripts/demo answers to requests that no well-behaved client would send. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../../harness/free_port.ts';
import { createOrdersServer } from '../../../scripts/demo/orders_server.ts';
import { startIssuer, type TestIssuer } from '../../verifier/support/issuer.ts';

describe('The MCP server of the demonstration', () => {
  let issuer: TestIssuer;
  let orders: Server;
  let url: string;
  let close: () => Promise<void>;
  before(async () => {
    issuer = await startIssuer();
    const port = await freePort();
    url = `http://localhost:${port}/mcp`;
    const { app, verifier } = createOrdersServer({ issuer: issuer.issuer, resource: url });
    orders = app.listen(port, '127.0.0.1');
    await once(orders, 'listening');
    close = () => verifier.close();
  });
  after(async () => {
    orders.closeAllConnections();
    orders.close();
    await close();
    await issuer.stop();
  });

  const post = async (body: unknown, scope?: string) => {
    const token = scope === undefined ? undefined : await issuer.issue({ aud: url, scope });
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    const challenge = response.headers.get('www-authenticate') ?? '';
    return { status: response.status, challenge, text: await response.text() };
  };
  const call = (name: string, id = 1) => ({
    ...{ jsonrpc: '2.0', id, method: 'tools/call' },
    params: { name, arguments: { item: 'Whitethorn branch', quantity: 1 } },
  });
  const scopeIn = (challenge: string) => /scope="([^"]*)"/.exec(challenge)?.[1];

  test('A request without a token is refused with the address of the metadata and the scopes of all tools', async () => {
    const { status, challenge } = await post(call('list_orders'));
    assert.equal(status, 401);
    assert.equal(scopeIn(challenge), 'orders:read orders:write');
    const address = /resource_metadata="([^"]*)"/.exec(challenge)?.[1] ?? '';
    assert.equal(address, url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp'));
    const document = (await (await fetch(address)).json()) as Record<string, unknown>;
    assert.equal(document.resource, url);
    assert.deepEqual(document.scopes_supported, ['orders:read', 'orders:write']);
  });

  test('A tool needs its scope, also in the middle of a batch of calls', async () => {
    const reading = await post(call('list_orders'), 'orders:read');
    assert.equal(reading.status, 200);
    for (const body of [
      call('place_order'),
      [call('place_order')],
      [call('list_orders', 1), call('place_order', 2)],
    ]) {
      const { status, challenge } = await post(body, 'orders:read');
      assert.equal(status, 403);
      assert.match(challenge, /error="insufficient_scope"/);
      assert.match(String(scopeIn(challenge)), /orders:write$/);
    }
    assert.doesNotMatch((await post(call('list_orders'), 'orders:read')).text, /Whitethorn/);
    const writing = await post(call('place_order'), 'orders:write');
    assert.match(writing.text, /Whitethorn/);
  });

  test('Bodies of any other form reach no tool', async () => {
    const odd = [[], [null], {}, { method: 'tools/call' }, [[call('place_order')]]];
    for (const body of [...odd, call('constructor')]) {
      const { status, text } = await post(body, 'orders:read');
      assert.ok(status < 500, `${status} to ${JSON.stringify(body)}`);
      assert.doesNotMatch(text, /hinge|Whitethorn/);
    }
  });

  test('There is no stream to open and no session to end, and other hosts are refused', async () => {
    const headers = { authorization: `Bearer ${await issuer.issue({ aud: url, scope: 'x' })}` };
    assert.equal((await fetch(url, { headers })).status, 405);
    assert.equal((await fetch(url, { method: 'DELETE', headers })).status, 405);
    const elsewhere = url.replace('localhost', '127.0.0.1');
    assert.equal((await fetch(elsewhere, { headers })).status, 403);
  });
});
