/** What is special about Google, Microsoft, Apple and GitHub. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { appleClientSecret } from '../../src/identity_providers/apple_client_secret.ts';
import { presets } from '../../src/identity_providers/presets.ts';

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const issuerOf = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`;

describe('accounts of Microsoft', () => {
  const { isIssuerOf = () => false, vouchesForEmail = () => true } = presets.microsoft;

  it('belong to the tenant that the token names, and to no other', () => {
    assert.equal(isIssuerOf(issuerOf(tenant), { tid: tenant }), true);
    const other = '9188040d-6c67-4c5b-b112-36a304b66dad';
    assert.equal(isIssuerOf(issuerOf(tenant), { tid: other }), false);
    assert.equal(isIssuerOf(issuerOf('common'), { tid: 'common' }), false);
    assert.equal(isIssuerOf(issuerOf('{tenantid}'), { tid: '{tenantid}' }), false);
    assert.equal(isIssuerOf(issuerOf(tenant), {}), false);
    assert.equal(isIssuerOf('https://evil.example/v2.0', { tid: tenant }), false);
  });

  it('have a verified address only where Microsoft says that its domain was verified', () => {
    const claims = { email: 'alice@example.com', email_verified: true };
    assert.equal(vouchesForEmail(claims), false);
    for (const edov of [true, 1, '1', 'true']) {
      assert.equal(vouchesForEmail({ ...claims, xms_edov: edov }), true);
    }
    for (const edov of [false, 0, '0', 'false', [], {}, null]) {
      assert.equal(vouchesForEmail({ ...claims, xms_edov: edov }), false);
    }
  });
});

describe('addresses of Google', () => {
  const { vouchesForEmail = () => true } = presets.google;

  it('are verified only where Google hosts them', () => {
    const verified = { email_verified: true };
    assert.equal(vouchesForEmail({ ...verified, email: 'alice@gmail.com' }), true);
    assert.equal(
      vouchesForEmail({ ...verified, email: 'a@acme.example', hd: 'acme.example' }),
      true,
    );
    assert.equal(vouchesForEmail({ ...verified, email: 'alice@yahoo.example' }), false);
    assert.equal(vouchesForEmail({ ...verified, email: 'alice@notgmail.com' }), false);
    assert.equal(vouchesForEmail({ email: 'alice@gmail.com' }), false);
    assert.equal(vouchesForEmail({ email: 'alice@gmail.com', email_verified: 'true' }), false);
  });
});

describe('the client secret for Apple', () => {
  it('is signed by the key of the developer account, and good for minutes', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const pem = await exportPKCS8(privateKey);
    const now = Date.now();
    const account = { teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey: pem };
    const secret = await appleClientSecret(account, 'com.example.web', now);
    const { payload, protectedHeader } = await jwtVerify(secret, publicKey, {
      ...{ issuer: 'TEAM123456', subject: 'com.example.web', algorithms: ['ES256'] },
      audience: 'https://appleid.apple.com',
    });
    assert.equal(protectedHeader.kid, 'KEY1234567');
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
    assert.equal(payload.iat, Math.floor(now / 1000));
  });

  it('is not made with a key that is none, and the error does not repeat it', async () => {
    const account = { teamId: 'TEAM123456', keyId: 'KEY1234567', privateKey: 'no key at all' };
    await assert.rejects(
      appleClientSecret(account, 'com.example.web', Date.now()),
      (error: Error) => {
        assert.equal((error as { code?: string }).code, 'apple_key_unusable');
        return !error.message.includes('no key at all');
      },
    );
  });
});
