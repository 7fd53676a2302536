/**
 * What the declarative file says of API keys and of webhooks.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, placesOf, withFile } from './support.ts';

const api =
  'apis: [{ identifier: "https://orders.example", name: Orders, scopes: { "orders:read": See } }]';

describe('API keys in the declarative file', () => {
  test('API keys work with defaults when the declarative file says nothing of them', async (context) => {
    const { declaration } = await load(await withFile(context, api));
    const { prefix, rotation_overlap, expiry_notice, max_expiry, leaks } = declaration.api_keys;
    assert.deepEqual(
      [prefix, rotation_overlap, expiry_notice, max_expiry, leaks.policy],
      ['cardea', 86_400, [604_800, 86_400], null, 'revoke'],
    );
    assert.deepEqual(declaration.webhooks, []);
  });

  test('A tier has one limit or both', async (context) => {
    const text = `api_keys:
  prefix: acme
  default_tier: free
  default_expiry: 30d
  max_expiry: 90d
  tiers: { free: { requests_per_minute: 10, requests_per_month: 1000 }, pro: { requests_per_minute: 100 } }
`;
    const { declaration } = await load(await withFile(context, text));
    assert.deepEqual(declaration.api_keys.tiers.pro, { requests_per_minute: 100 });
    assert.equal(declaration.api_keys.default_expiry, 30 * 86_400);
  });

  test('Each mistake in the API key configuration is reported at its place', async (context) => {
    const mistakes: [string, string[]][] = [
      ['api_keys: { prefix: Acme }', ['api_keys.prefix']],
      ['api_keys: { prefix: a_b }', ['api_keys.prefix']],
      ['api_keys: { default_tier: gold }', ['api_keys.default_tier']],
      ['api_keys: { default_tier: toString }', ['api_keys.default_tier']],
      ['api_keys: { default_expiry: 2d, max_expiry: 1d }', ['api_keys.default_expiry']],
      ['api_keys: { max_expiry: 0 }', ['api_keys.max_expiry']],
      [
        'api_keys: { tiers: { free: { requests_per_minute: 0 } } }',
        ['api_keys.tiers.free.requests_per_minute'],
      ],
      ['api_keys: { tiers: { free: { per_second: 1 } } }', ['api_keys.tiers.free.per_second']],
      ['api_keys: { leaks: { policy: ignore } }', ['api_keys.leaks.policy']],
      ['api_keys: { leaks: { token: short } }', ['api_keys.leaks.token']],
      [
        'webhooks: [{ url: "ftp://x.example", secret: x }]',
        ['webhooks[0].secret', 'webhooks[0].url'],
      ],
      [
        `webhooks: [{ url: "https://x.example", secret: "whsec_${'A'.repeat(28)}" }]`,
        ['webhooks[0].secret'],
      ],
      [
        'apis: [{ identifier: "https://a.example", name: A, user_key_scopes: ["a:read"] }]',
        ['apis[0].user_key_scopes[0]'],
      ],
    ];
    for (const [text, places] of mistakes) {
      assert.deepEqual(await placesOf(await withFile(context, text)), places, text);
    }
  });
});
