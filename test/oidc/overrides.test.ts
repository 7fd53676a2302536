/**
 * What Cardea replaces in the library (src/oidc/engine/overrides.ts) or reads of its inside (private_members.ts): is it
 * still what it was when the replacement was written? Where a fingerprint differs, read what the library does there
 * now, see whether the override still holds, and note the new one.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Client, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { sha256 } from '../../src/digests.ts';
import { type OverrideDependencies, overrideLibrary } from '../../src/oidc/engine/overrides.ts';
import {
  previewedAuthorizationSteps,
  previewedUserinfoSteps,
} from '../../src/oidc/engine/previewed_parts.ts';
import { antiForgeryToken, buildClient, signedOut } from '../../src/oidc/engine/private_members.ts';

// biome-ignore lint/suspicious/noExplicitAny: it is about what the library's types do not tell.
type Inside = any;

const secretOf = (value: string) => `hashed:${JSON.stringify([{ hash: value, createdAt: 0 }])}`;
const dependencies: OverrideDependencies = {
  reach: { building: (_metadata, build) => build(), extend: () => undefined },
  verifySecret: ({ secretHashes: [known] }, secret) => known?.hash === secret,
  recordOnce: async (_issuer, jti) => jti === 'fresh',
  settleScope: () => {},
  openRegistration: false,
};
const metadata = {
  client_id: 'shop',
  client_secret: secretOf('right'),
  redirect_uris: ['https://shop.example/callback'],
};

/** As the library has it; `overridden`: as Cardea has it. */
function createLibrary({ overridden = false } = {}): Inside {
  const adapter = { find: async (id: string) => (id === 'shop' ? metadata : undefined) };
  const provider = new Provider('https://op.example', {
    adapter: () => adapter as never,
    cookies: { keys: ['unused'] },
  });
  if (overridden) overrideLibrary(provider, dependencies);
  return provider;
}

/** Characters that differ whenever the library's source does. */
const fingerprintOf = (source: unknown) => sha256(String(source)).slice(0, 12);

const plain = createLibrary();
const cardea = createLibrary({ overridden: true });

describe('Override of Client#compareClientSecret for hashed secrets', () => {
  test("The library's Client#compareClientSecret has not changed", () => {
    assert.equal(fingerprintOf(plain.Client.prototype.compareClientSecret), 'ekBPnCWZWwF5');
  });
  test("A client authenticates with the hashed secret's plaintext and not with the hash", async () => {
    const client = await cardea.Client.find('shop');
    assert.equal(client.compareClientSecret('right'), true);
    assert.equal(client.compareClientSecret(client.clientSecret), false);
  });
});

describe('Override of Client#grantTypeAllowed for the right error code', () => {
  test("The library's Client#grantTypeAllowed has not changed", () => {
    assert.equal(fingerprintOf(plain.Client.prototype.grantTypeAllowed), 'RCUcC8ANQ-jU');
  });
  test("A grant type check outside of a token request gives the library's answer", async () => {
    const client = await cardea.Client.find('shop');
    assert.equal(client.grantTypeAllowed('authorization_code'), true);
    assert.equal(client.grantTypeAllowed('refresh_token'), false);
  });
});

describe('Override of Client.find to build each client once', () => {
  test("The library's Client.find has not changed", () => {
    assert.equal(fingerprintOf(plain.Client.find), '-efs0F9fd1xk');
  });
  test('The same metadata gives the same client object', async () => {
    assert.equal(await cardea.Client.find('shop'), await cardea.Client.find('shop'));
    assert.equal(await cardea.Client.find('nobody'), undefined);
  });
});

describe('Overrides that attribute outbound requests to a client', () => {
  const client = buildClient(plain, metadata) as Inside;
  test("The library's client#asymmetricKeyStore.refresh has not changed", () => {
    assert.equal(fingerprintOf(client.asymmetricKeyStore.refresh), 'H0F_2q-Puj-z');
  });
  test("The library's Client#backchannelLogout has not changed", () => {
    assert.equal(fingerprintOf(client.backchannelLogout), 'xNTwEmUgQAZ7');
  });
});

describe('Override of Grant.IN_PAYLOAD to keep what the user was shown', () => {
  test("The library's Grant.IN_PAYLOAD has not changed", () => {
    const { get } = Object.getOwnPropertyDescriptor(plain.Grant, 'IN_PAYLOAD') as Inside;
    assert.equal(fingerprintOf(get), '9eM28Qa5Mycy');
  });
  test('The overridden Grant.IN_PAYLOAD has one more member', () => {
    assert.deepEqual(cardea.Grant.IN_PAYLOAD, [...plain.Grant.IN_PAYLOAD, 'shown']);
  });
});

describe('Override of ReplayDetection.unique for atomicity', () => {
  test("The library's ReplayDetection.unique has not changed", () => {
    assert.equal(fingerprintOf(plain.ReplayDetection.unique), 'JvCHKlXjNfHg');
  });
  test('The store decides whether a value is unique', async () => {
    assert.equal(await cardea.ReplayDetection.unique('issuer', 'fresh', 1), true);
    assert.equal(await cardea.ReplayDetection.unique('issuer', 'used', 1), false);
  });
});

describe('Override of Session#persist for error pages without a session', () => {
  test("The library's Session#persist has not changed", () => {
    assert.equal(fingerprintOf(plain.Session.prototype.persist), '7yK9rFCMqbGi');
  });
  test('A session that never began is not stored', async () => {
    await assert.rejects(new plain.Session().persist());
    await cardea.Session.prototype.persist.call(new cardea.Session());
  });
});

describe('Override of RefreshToken#generateTokenId to derive successors', () => {
  test("The library's RefreshToken#generateTokenId has not changed", () => {
    assert.equal(fingerprintOf(plain.RefreshToken.prototype.generateTokenId), 'I5iclctxyPoR');
  });
  test('A refresh token id is random when no token is being rotated', () => {
    const [first, second] = [1, 2].map(() => new cardea.RefreshToken({}).generateTokenId());
    assert.match(first, /^[\w-]{43}$/);
    assert.notEqual(first, second);
  });
});

describe('Override of OIDCContext#entity for checks as soon as the client is known', () => {
  test("The library's OIDCContext#entity has not changed", () => {
    assert.equal(fingerprintOf(plain.OIDCContext.prototype.entity), 'Qbmdi29vSNON');
  });
  test('A parameter that the client may not send is refused', () => {
    const oidc = {
      ...{ entities: {}, emit: () => true, route: 'device_authorization' },
      body: { scope: 'x'.repeat(10_000) },
    };
    assert.throws(() => cardea.OIDCContext.prototype.entity.call(oidc, 'Client', {}));
    assert.deepEqual(Object.keys(oidc.entities), ['Client']);
  });
  test('A client secret sent in a registration update is accepted as the stored one', () => {
    const client = { clientSecret: metadata.client_secret };
    const oidc: Inside = { entities: {}, emit: () => true, route: 'client_update', client };
    cardea.OIDCContext.prototype.entity.call(oidc, 'Client', client);
    oidc.body = { client_secret: 'right' };
    assert.equal(oidc.body.client_secret, client.clientSecret);
    oidc.body = { client_secret: client.clientSecret };
    assert.notEqual(oidc.body.client_secret, client.clientSecret);
  });
});

describe('Parts of the library that run by themselves', () => {
  test("The library's client authentication and DPoP validation have not changed", () => {
    const files = ['shared/client_auth', 'shared/jwt_client_auth', 'shared/reject_dupes'];
    files.push('helpers/validate_dpop', 'helpers/als', 'helpers/oidc_context');
    const fingerprints = files.map((file) => fingerprintOf(sourceOf(`${file}.js`)));
    const known = ['Lvgyws5Ak8u7', 'u7rLgHaE4E5-', 'aZNPpGubMopm', 'k3mRJDoCKH2j', 'X4nq5Q27RZBz'];
    assert.deepEqual(fingerprints, [...known, 'SnpeCb8zd_bZ']);
  });
  test("The library's handlers of grants have not changed", () => {
    const grants = ['authorization_code', 'refresh_token', 'device_code'];
    const helpers = ['grant_common', 'grant_source', 'grant_response', 'weak_cache'];
    const files = [
      ...grants.map((name) => `actions/grants/${name}`),
      ...helpers.map((name) => `helpers/${name}`),
      'actions/token',
    ];
    const fingerprints = files.map((file) => fingerprintOf(sourceOf(`${file}.js`)));
    const ofGrants = ['LUbc-ZWASVYE', '07zrseRIVF4N', 'AtDpIA8NN8WJ'];
    const ofHelpers = ['Kpq7zpcniDZB', 'QwmoWsCQ1sfr', 'jx4_EwNXK_FG', 'wv8gIhRm1HVx'];
    assert.deepEqual(fingerprints, [...ofGrants, ...ofHelpers, 'sCJGAJgQrNZ8']);
  });
});

describe('Steps of the library that run for previews', () => {
  test("The library's authorization and userinfo have not changed", () => {
    const steps = ['index', 'client', 'response_parameters', 'request_parameters', 'scopes'];
    steps.push('sender_constraints', 'claims', 'session', 'interactions');
    const files = [
      ...steps.map((name) => `actions/authorization/${name}`),
      ...['shared/check_resource', 'actions/userinfo', 'helpers/process_response_types'],
    ];
    const fingerprint = fingerprintOf(files.map((file) => sourceOf(`${file}.js`)).join('\n'));
    assert.equal(fingerprint, 'jxgzoTXCMV_q');
  });
  test('What runs is all but how a request travels and how it is answered', () => {
    const names = (steps: { name: string }[]) => steps.map(({ name }) => name);
    const authorization = names(previewedAuthorizationSteps('checkClient'));
    assert.deepEqual(authorization, [
      ...['checkClient', 'checkResponseMode', 'oneRedirectUriClients', 'oauthRequired'],
      ...['rejectRegistration', 'checkResponseType', 'oidcRequired', 'assignDefaults'],
      ...['checkPrompt', 'checkScope', 'checkOpenIdScope', 'checkRedirectUri', 'checkPKCE'],
      ...['checkClaims', 'checkRar', 'checkResource', 'checkMaxAge', 'checkIdTokenHint'],
      ...['checkExtraParams', 'interactionEmit', 'assignClaims', 'loadAccount', 'loadGrant'],
      ...['interactions', 'respond'],
    ]);
    assert.deepEqual(names(previewedUserinfoSteps()), [
      ...['loadAccessTokenClient', 'loadAccessTokenAccount', 'loadAccessTokenGrant', 'respond'],
    ]);
  });
});

describe('Sign-out by the library without its form', () => {
  test("The library's end of a session has not changed", () => {
    assert.equal(fingerprintOf(sourceOf('actions/end_session.js')), 'JZ7nr6reJt7E');
  });
});

describe("Private members of the library's session", () => {
  test('The form token of a session is where the library puts it', () => {
    assert.equal(fingerprintOf(sourceOf('shared/xsrf.js')), '2Y7SIHrPoWW9');
    const ctx = contextWith({ state: { secret: 'value' } });
    assert.equal(antiForgeryToken(ctx), 'value');
  });
  test('An ended session is marked as destroyed', () => {
    assert.equal(fingerprintOf(plain.Session.prototype.destroy), 'Cj4nhHm75ksU');
    const session = { destroyed: true, accountId: 'alice' };
    assert.deepEqual(signedOut(contextWith(session)), { accountId: 'alice' });
    assert.equal(signedOut(contextWith({})), undefined);
  });
});

describe('Client construction without storage', () => {
  test('Building a client validates its metadata', () => {
    const client: Client = buildClient(plain, metadata);
    assert.equal(client.clientId, 'shop');
    const wrong = { ...metadata, redirect_uris: ['nowhere'] };
    assert.throws(() => buildClient(plain, wrong), { error: 'invalid_redirect_uri' });
  });
});

function contextWith(session: unknown): KoaContextWithOIDC {
  return { oidc: { session } } as Inside;
}

function sourceOf(file: string): string {
  const main = import.meta.resolve('oidc-provider');
  return readFileSync(fileURLToPath(new URL(file, main)), 'utf8');
}
