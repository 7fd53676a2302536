/** Where the middleware serves the description of the API (RFC 9728), and what it says. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createVerifier, protectFetch, type VerifierOptions } from '../../src/verifier/index.ts';

describe('Protected resource metadata', () => {
  const open: (() => unknown)[] = [];
  after(() => Promise.all(open.map((end) => end())));

  /** An API whose issuer is never reached: nothing here depends on it. */
  const apiAt = (resource: string, options: Partial<VerifierOptions> = {}) => {
    const verifier = createVerifier({
      issuer: 'https://id.example',
      audience: resource,
      resource_metadata: { resource },
      fetch: () => Promise.reject(new Error('offline')),
      ...options,
    });
    open.push(() => verifier.close());
    const handler = protectFetch(verifier, () => new Response('reached'));
    const ask = (url: string, init?: RequestInit) => handler(new Request(url, init));
    return { verifier, ask };
  };

  const wellKnown = '/.well-known/oauth-protected-resource';
  for (const [resource, address] of [
    ['https://orders.example', `https://orders.example${wellKnown}`],
    ['https://orders.example/', `https://orders.example${wellKnown}`],
    ['https://orders.example/mcp', `https://orders.example${wellKnown}/mcp`],
    ['https://orders.example/a/mcp/', `https://orders.example${wellKnown}/a/mcp/`],
    ['https://orders.example:8443/mcp?t=1', `https://orders.example:8443${wellKnown}/mcp?t=1`],
  ] as const) {
    test(`The metadata of ${resource} is where clients look for it, and names it exactly so`, async () => {
      const { ask } = apiAt(resource);
      const refused = await ask(resource);
      assert.equal(refused.status, 401);
      const challenge = String(refused.headers.get('www-authenticate'));
      assert.equal(/resource_metadata="([^"]*)"/.exec(challenge)?.[1], address);
      const answer = await ask(address);
      assert.equal(answer.status, 200);
      const document = (await answer.json()) as Record<string, unknown>;
      assert.equal(document.resource, resource);
      assert.deepEqual(document.authorization_servers, ['https://id.example']);
      assert.deepEqual(document.bearer_methods_supported, ['header']);
    });
  }

  test('The metadata says all that is known of the API', async () => {
    const described = {
      resource: 'https://orders.example/mcp',
      scopes_supported: ['orders:read', 'orders:write'],
      resource_name: 'Orders',
      resource_documentation: 'https://orders.example/docs',
      resource_policy_uri: 'https://orders.example/privacy',
      resource_tos_uri: 'https://orders.example/terms',
    };
    const { ask } = apiAt(described.resource, { resource_metadata: described, dpop: false });
    const answer = await ask(`https://orders.example${wellKnown}/mcp`);
    assert.deepEqual(await answer.json(), {
      ...described,
      authorization_servers: ['https://id.example'],
      bearer_methods_supported: ['header'],
    });
  });

  test('Pages of any origin may read the metadata, also with a header that makes the browser ask first', async () => {
    const { ask } = apiAt('https://orders.example/mcp');
    const address = `https://orders.example${wellKnown}/mcp`;
    const asked = await ask(address, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:6274',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version',
      },
    });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get('access-control-allow-origin'), '*');
    assert.equal(asked.headers.get('access-control-allow-headers'), '*');
    const answer = await ask(address, { headers: { origin: 'http://localhost:6274' } });
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.match(String(answer.headers.get('cache-control')), /^public, max-age=\d+$/);
    assert.equal(answer.headers.get('content-type'), 'application/json');
  });

  test('The metadata is there to be read: any other method is refused, and nothing else is open', async () => {
    const { ask } = apiAt('https://orders.example/mcp');
    const address = `https://orders.example${wellKnown}/mcp`;
    const head = await ask(address, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await ask(address, { method });
      assert.deepEqual([answer.status, await answer.text()], [405, '']);
      assert.equal(answer.headers.get('allow'), 'GET, HEAD, OPTIONS');
    }
    for (const path of ['', '/', '/mcp/', '/mcp/more', '/MCP', '/other']) {
      const answer = await ask(`https://orders.example${wellKnown}${path}`);
      assert.equal(answer.status, 401, path);
    }
  });

  test('An API without metadata serves none', async () => {
    const { verifier, ask } = apiAt('https://orders.example', { resource_metadata: undefined });
    assert.equal(verifier.resourceMetadata, undefined);
    const answer = await ask(`https://orders.example${wellKnown}`);
    assert.equal(answer.status, 401);
    const challenge = String(answer.headers.get('www-authenticate'));
    assert.doesNotMatch(challenge, /resource_metadata/);
  });
});
