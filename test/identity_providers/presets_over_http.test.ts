/**
 * Microsoft and Apple, as the protocol meets them: a provider that answers as theirs does, reached at their addresses by
 * the requests that Cardea makes.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import {
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../harness/providers/scripted_provider.ts';
import { systemClock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createOpenIdProtocol } from '../../src/identity_providers/openid_protocol.ts';
import { identityProvider } from '../../src/identity_providers/provider.ts';

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const redirectUri = 'https://id.example/sign-in-with/one/callback';
const expected = { state: 'a-state', nonce: 'a-nonce', verifier: 'v'.repeat(43) };

describe('A preset towards its provider', () => {
  let provider: ScriptedProvider;
  /** What was posted to its token endpoint. */
  let posted: URLSearchParams | undefined;
  before(async () => {
    provider = await startScriptedProvider({ sub: 'alice-there' });
  });
  beforeEach(() => provider.reset());
  after(() => provider.close());

  /** Whatever host is asked, the provider of the test answers, at the last part of the path. */
  const reach: typeof fetch = (input, init) => {
    const { pathname } = new URL(String(input));
    const place = pathname.endsWith('/openid-configuration')
      ? '/.well-known/openid-configuration'
      : pathname.slice(pathname.lastIndexOf('/'));
    if (place === '/token') posted = new URLSearchParams(String(init?.body));
    return fetch(`${provider.issuer}${place}`, { ...init, redirect: 'manual' });
  };

  const protocolOf = (settings: object) => {
    const { identity_providers: configs } = declarationSchema.parse({
      identity_providers: [{ id: 'one', client_id: 'cardea', ...settings }],
    });
    const [config = assert.fail()] = configs;
    const options = { provider: identityProvider(config), fetch: reach, clock: systemClock };
    return createOpenIdProtocol(options);
  };

  const endpoints = (origin: string) => ({
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    userinfo_endpoint: undefined,
    jwks_uri: `${origin}/jwks`,
    authorization_response_iss_parameter_supported: undefined,
  });

  const signIn = async (protocol: ReturnType<typeof protocolOf>, beside: object = {}) => {
    const url = await protocol.authorizationUrl({ redirectUri, ...expected });
    const callback = await fetch(`${provider.issuer}/authorize?${url.searchParams}`, {
      redirect: 'manual',
    });
    const back = new URL(callback.headers.get('location') ?? '');
    back.searchParams.delete('iss');
    for (const [name, value] of Object.entries(beside)) back.searchParams.set(name, value);
    return { url, identity: await protocol.exchange(back, expected) };
  };

  const microsoft = (claims: Script['claims']): Partial<Script> => ({
    metadata: {
      ...endpoints('https://login.microsoftonline.com/common'),
      issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    },
    claims,
  });
  const issuerOf = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`;

  it('knows an account of Microsoft by the issuer of its tenant', async () => {
    provider.script(microsoft({ iss: issuerOf(tenant), tid: tenant }));
    const { identity } = await signIn(protocolOf({ preset: 'microsoft', client_secret: 's' }));
    assert.equal(identity.issuer, issuerOf(tenant));
    assert.equal(identity.subject, 'alice-there');
  });

  it('refuses a token of Microsoft whose tenant is not that of its issuer, or none', async () => {
    const other = '9188040d-6c67-4c5b-b112-36a304b66dad';
    for (const claims of [
      { iss: issuerOf(tenant), tid: other },
      { iss: issuerOf('{tenantid}'), tid: '{tenantid}' },
      { iss: issuerOf('common'), tid: 'common' },
      { iss: issuerOf(tenant) },
      { iss: 'https://sts.windows.net/', tid: tenant },
    ]) {
      provider.script(microsoft(claims));
      const protocol = protocolOf({ preset: 'microsoft', client_secret: 's' });
      await assert.rejects(signIn(protocol), { problem: 'failed' }, JSON.stringify(claims));
    }
  });

  it('takes only the one tenant whose issuer the operator has named', async () => {
    const metadata = {
      ...endpoints(`https://login.microsoftonline.com/${tenant}`),
      issuer: issuerOf(tenant),
    };
    const settings = { preset: 'microsoft', issuer: issuerOf(tenant), client_secret: 's' };
    provider.script({ metadata, claims: { iss: issuerOf(tenant), tid: tenant } });
    assert.equal((await signIn(protocolOf(settings))).identity.issuer, issuerOf(tenant));
    const other = '9188040d-6c67-4c5b-b112-36a304b66dad';
    provider.script({ metadata, claims: { iss: issuerOf(other), tid: other } });
    await assert.rejects(signIn(protocolOf(settings)), { problem: 'failed' });
  });

  it('takes of what Apple’s response has beside the token the name, and nothing that is signed', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const key = { team_id: 'T', key_id: 'K', private_key: await exportPKCS8(privateKey) };
    provider.script({
      metadata: {
        ...endpoints('https://appleid.apple.com/auth'),
        issuer: 'https://appleid.apple.com',
      },
      claims: { iss: 'https://appleid.apple.com', email: 'alice@example.com' },
    });
    const protocol = protocolOf({ preset: 'apple', apple_key: key });
    const claimsWith = async (user: unknown) => {
      const text = typeof user === 'string' ? user : JSON.stringify(user);
      const { given_name, family_name, name, email, sub } = (await signIn(protocol, { user: text }))
        .identity.claims;
      assert.deepEqual([email, sub], ['alice@example.com', 'alice-there']);
      return [given_name, family_name, name];
    };
    const told = { name: { firstName: 'Alice', lastName: 'Adams' }, email: 'victim@example.com' };
    assert.deepEqual(await claimsWith({ ...told, sub: 'x' }), ['Alice', 'Adams', 'Alice Adams']);
    const nothing = [undefined, undefined, undefined];
    for (const user of ['', '{', 'null', '[]', '{"name":1}', { name: { firstName: ['a'] } }]) {
      assert.deepEqual(await claimsWith(user), nothing);
    }
    assert.deepEqual(await claimsWith({ name: { firstName: 'x'.repeat(1000) } }), nothing);
  });

  it('sends Apple a statement that is signed for this request, and asks for the answer by a form', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    provider.script({
      metadata: {
        ...endpoints('https://appleid.apple.com/auth'),
        issuer: 'https://appleid.apple.com',
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      },
      claims: { iss: 'https://appleid.apple.com', email_verified: 'true' },
    });
    const protocol = protocolOf({
      preset: 'apple',
      apple_key: {
        team_id: 'TEAM123456',
        key_id: 'KEY1234567',
        private_key: await exportPKCS8(privateKey),
      },
    });
    const { url } = await signIn(protocol);
    assert.equal(url.searchParams.get('response_mode'), 'form_post');
    assert.equal(url.searchParams.get('scope'), 'openid email name');
    const secret = posted?.get('client_secret') ?? '';
    const { payload } = await jwtVerify(secret, publicKey, { algorithms: ['ES256'] });
    assert.deepEqual([payload.iss, payload.sub], ['TEAM123456', 'cardea']);
  });
});
