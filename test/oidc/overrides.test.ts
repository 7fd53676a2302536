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
  antiForgeryToken,
  buildClient,
  isNewSession,
  signedOut,
} from '../../src/oidc/engine/private_members.ts';

// biome-ignore lint/suspicious/noExplicitAny: it is about what the library's types do not tell.
type Inside = any;

const secretOf = (value: string) => `hashed:${JSON.stringify([{ hash: value, createdAt: 0 }])}`;
const dependencies: OverrideDependencies = {
  reach: { building: (_metadata, build) => build(), extend: () => undefined },
  verifySecret: ([known], secret) => known?.hash === secret,
  recordOnce: async (_issuer, jti) => jti === 'fresh',
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

describe('Client#compareClientSecret, as secrets are stored as hashes', () => {
  test('is what it was in the library', () => {
    assert.equal(fingerprintOf(plain.Client.prototype.compareClientSecret), 'ekBPnCWZWwF5');
  });
  test('takes the secret behind the hashes, and not the hashes', async () => {
    const client = await cardea.Client.find('shop');
    assert.equal(client.compareClientSecret('right'), true);
    assert.equal(client.compareClientSecret(client.clientSecret), false);
  });
});

describe('Client#grantTypeAllowed, to refuse by the right code', () => {
  test('is what it was in the library', () => {
    assert.equal(fingerprintOf(plain.Client.prototype.grantTypeAllowed), 'RCUcC8ANQ-jU');
  });
  test('answers the same where no request is about the grant type', async () => {
    const client = await cardea.Client.find('shop');
    assert.equal(client.grantTypeAllowed('authorization_code'), true);
    assert.equal(client.grantTypeAllowed('refresh_token'), false);
  });
});

describe('Client.find, to build a client once', () => {
  test('is what it was in the library', () => {
    assert.equal(fingerprintOf(plain.Client.find), '-efs0F9fd1xk');
  });
  test('answers the same client for the same metadata', async () => {
    assert.equal(await cardea.Client.find('shop'), await cardea.Client.find('shop'));
    assert.equal(await cardea.Client.find('nobody'), undefined);
  });
});

describe('what a client calls, to know for whom the library fetches', () => {
  const client = buildClient(plain, metadata) as Inside;
  test('client#asymmetricKeyStore.refresh is what it was in the library', () => {
    assert.equal(fingerprintOf(client.asymmetricKeyStore.refresh), 'H0F_2q-Puj-z');
  });
  test('Client#backchannelLogout is what it was in the library', () => {
    assert.equal(fingerprintOf(client.backchannelLogout), 'xNTwEmUgQAZ7');
  });
});

describe('Grant.IN_PAYLOAD, to keep what a person was shown', () => {
  test('is what it was in the library', () => {
    const { get } = Object.getOwnPropertyDescriptor(plain.Grant, 'IN_PAYLOAD') as Inside;
    assert.equal(fingerprintOf(get), '9eM28Qa5Mycy');
  });
  test('has one member more', () => {
    assert.deepEqual(cardea.Grant.IN_PAYLOAD, [...plain.Grant.IN_PAYLOAD, 'shown']);
  });
});

describe('ReplayDetection.unique, to be atomic', () => {
  test('is what it was in the library', () => {
    assert.equal(fingerprintOf(plain.ReplayDetection.unique), 'JvCHKlXjNfHg');
  });
  test('is answered by the store', async () => {
    assert.equal(await cardea.ReplayDetection.unique('issuer', 'fresh', 1), true);
    assert.equal(await cardea.ReplayDetection.unique('issuer', 'used', 1), false);
  });
});

describe('Session#persist, as an error page touches sessions that never began', () => {
  test('is what it was in the library', () => {
    assert.equal(fingerprintOf(plain.Session.prototype.persist), '7yK9rFCMqbGi');
  });
  test('keeps nothing of a session that never began', async () => {
    await assert.rejects(new plain.Session().persist());
    await cardea.Session.prototype.persist.call(new cardea.Session());
  });
});

describe("RefreshToken#generateTokenId, to derive a token's successor", () => {
  test('is what it was in the library', () => {
    assert.equal(fingerprintOf(plain.RefreshToken.prototype.generateTokenId), 'I5iclctxyPoR');
  });
  test('is random where no token is rotated', () => {
    const [first, second] = [1, 2].map(() => new cardea.RefreshToken({}).generateTokenId());
    assert.match(first, /^[\w-]{43}$/);
    assert.notEqual(first, second);
  });
});

describe('OIDCContext#entity, to look at a request as soon as its client is known', () => {
  test('is what it was in the library', () => {
    assert.equal(fingerprintOf(plain.OIDCContext.prototype.entity), 'Qbmdi29vSNON');
  });
  test('refuses what the client may not send', () => {
    const oidc = {
      ...{ entities: {}, emit: () => true, route: 'device_authorization' },
      body: { scope: 'x'.repeat(10_000) },
    };
    assert.throws(() => cardea.OIDCContext.prototype.entity.call(oidc, 'Client', {}));
    assert.deepEqual(Object.keys(oidc.entities), ['Client']);
  });
  test("takes a client's secret in an update for what the library has of it", () => {
    const client = { clientSecret: metadata.client_secret };
    const oidc: Inside = { entities: {}, emit: () => true, route: 'client_update', client };
    cardea.OIDCContext.prototype.entity.call(oidc, 'Client', client);
    oidc.body = { client_secret: 'right' };
    assert.equal(oidc.body.client_secret, client.clientSecret);
    oidc.body = { client_secret: client.clientSecret };
    assert.notEqual(oidc.body.client_secret, client.clientSecret);
  });
});

describe('private members of a session', () => {
  test("the forms' value is where the library puts it", () => {
    assert.equal(fingerprintOf(sourceOf('shared/xsrf.js')), '2Y7SIHrPoWW9');
    const ctx = contextWith({ state: { secret: 'value' } });
    assert.equal(antiForgeryToken(ctx), 'value');
  });
  test('a session that begins is marked as new', () => {
    assert.equal(isNewSession(contextWith(new plain.Session())), true);
    assert.equal(isNewSession(contextWith(new plain.Session({ uid: 'known' }))), false);
  });
  test('a session that was ended is marked as destroyed', () => {
    assert.equal(fingerprintOf(plain.Session.prototype.destroy), 'Cj4nhHm75ksU');
    const session = { destroyed: true, accountId: 'alice' };
    assert.deepEqual(signedOut(contextWith(session)), { accountId: 'alice' });
    assert.equal(signedOut(contextWith({})), undefined);
  });
});

describe('building a client without storing it', () => {
  test('checks its metadata', () => {
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
