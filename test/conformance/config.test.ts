/** The Config plan: discovery and the JWK Set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JWK } from 'jose';
import { conformance } from './issuer.ts';

/**
 * Registered for authorization servers (RFC 8414, OpenID Connect, Initiating User Registration via OpenID Connect), and
 * the one that the Token Status List draft registers: the suite warns of any other member.
 */
const registered = new Set(
  `acr_values_supported authorization_endpoint authorization_response_iss_parameter_supported
  authorization_signing_alg_values_supported backchannel_logout_session_supported
  backchannel_logout_supported claim_types_supported claims_locales_supported
  claims_parameter_supported claims_supported code_challenge_methods_supported
  device_authorization_endpoint display_values_supported dpop_signing_alg_values_supported
  end_session_endpoint frontchannel_logout_session_supported frontchannel_logout_supported
  grant_types_supported id_token_signing_alg_values_supported
  introspection_endpoint introspection_endpoint_auth_methods_supported
  introspection_endpoint_auth_signing_alg_values_supported issuer jwks_uri op_policy_uri op_tos_uri
  prompt_values_supported protected_resources pushed_authorization_request_endpoint registration_endpoint
  request_object_signing_alg_values_supported request_parameter_supported
  request_uri_parameter_supported require_pushed_authorization_requests
  require_request_uri_registration response_modes_supported response_types_supported
  revocation_endpoint revocation_endpoint_auth_methods_supported
  revocation_endpoint_auth_signing_alg_values_supported scopes_supported service_documentation
  status_list_aggregation_endpoint
  subject_types_supported token_endpoint token_endpoint_auth_methods_supported
  token_endpoint_auth_signing_alg_values_supported ui_locales_supported userinfo_endpoint
  userinfo_signing_alg_values_supported`.split(/\s+/),
);

const lists = (metadata: Record<string, unknown>, member: string) => metadata[member] as string[];

conformance('config', (running) => {
  const read = async (url: string) => {
    const response = await fetch(url);
    assert.equal(response.status, 200);
    const type = response.headers.get('content-type') ?? '';
    return { type, body: (await response.json()) as Record<string, unknown> };
  };
  const discover = () => read(`${running().setup.issuer}/.well-known/openid-configuration`);

  test('Discovery is JSON for the requested issuer and holds only registered members', async () => {
    const { type, body } = await discover();
    assert.match(type, /^application\/json/);
    assert.equal(body.issuer, running().setup.issuer);
    assert.deepEqual(
      Object.keys(body).filter((name) => !registered.has(name)),
      [],
    );
  });

  test('Every endpoint is an https URL at the issuer, even behind the proxy', async () => {
    const { body } = await discover();
    const endpoints = Object.entries(body).filter(([name]) => /(_endpoint|_uri)$/.test(name));
    assert.ok(endpoints.length >= 9);
    for (const [name, url] of endpoints) {
      assert.ok(String(url).startsWith(`${running().setup.issuer}/`), name);
    }
    for (const name of ['registration_endpoint', 'end_session_endpoint', 'userinfo_endpoint']) {
      assert.ok(name in body, name);
    }
  });

  test('Discovery offers what OpenID Connect makes mandatory', async () => {
    const { body } = await discover();
    const mandatory = {
      response_types_supported: ['code', 'id_token', 'id_token token'],
      grant_types_supported: ['authorization_code', 'implicit', 'refresh_token'],
      subject_types_supported: ['public', 'pairwise'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      userinfo_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
      claims_supported: ['sub', 'name', 'email', 'address', 'phone_number', 'auth_time'],
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ],
      response_modes_supported: ['query', 'form_post'],
      code_challenge_methods_supported: ['S256'],
    };
    for (const [member, values] of Object.entries(mandatory)) {
      for (const value of values) assert.ok(lists(body, member).includes(value), value);
    }
    for (const locale of lists(body, 'ui_locales_supported')) {
      assert.deepEqual(Intl.getCanonicalLocales(locale), [locale]);
    }
    assert.equal(body.claims_parameter_supported, true);
    assert.equal(body.request_parameter_supported, true);
    // The suite leaves out what it would ask with unsigned objects.
    const algorithms = lists(body, 'request_object_signing_alg_values_supported');
    assert.ok(algorithms.includes('RS256') && !algorithms.includes('none'));
    // Absent would mean true.
    assert.equal(body.request_uri_parameter_supported, false);
    assert.equal(body.backchannel_logout_supported, true);
    assert.equal(body.backchannel_logout_session_supported, true);
  });

  test('Discovery has what the FAPI 2.0 profile requires', async () => {
    const { body } = await discover();
    assert.equal(body.authorization_response_iss_parameter_supported, true);
    for (const member of [
      'dpop_signing_alg_values_supported',
      'token_endpoint_auth_signing_alg_values_supported',
    ]) {
      for (const algorithm of ['PS256', 'ES256', 'EdDSA']) {
        assert.ok(lists(body, member).includes(algorithm), `${member} ${algorithm}`);
      }
    }
    assert.ok(!lists(body, 'dpop_signing_alg_values_supported').includes('RS256'));
  });

  test('Each published key is public, described, long enough and listed once', async () => {
    const { body: metadata } = await discover();
    const { body } = await read(String(metadata.jwks_uri));
    const keys = body.keys as JWK[];
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
    for (const key of keys) {
      assert.ok(key.kid && key.alg && key.use === 'sig');
      assert.ok(!('d' in key || 'p' in key || 'k' in key));
      const bits = Buffer.from(key.n ?? key.x ?? '', 'base64url').length * 8;
      assert.ok(bits >= (key.kty === 'RSA' ? 2048 : 256));
    }
    // Of each algorithm the key that signs, and the next one.
    assert.deepEqual(new Set(keys.map(({ alg }) => alg)), new Set(['RS256', 'ES256']));
    assert.ok(keys.length <= 4);
  });
});
