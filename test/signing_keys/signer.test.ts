import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { calculateJwkThumbprint, compactVerify, SignJWT } from 'jose';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/definitions/oauth.ts';
import { CardeaError } from '../../src/errors.ts';
import { generateSealedKey, openPrivateKey } from '../../src/signing_keys/key_pairs.ts';
import type { PublicJwk } from '../../src/signing_keys/keyset.ts';
import { sign, signNow, verify } from '../../src/signing_keys/signer.ts';
import { someSecrets } from './harness.ts';

type OpenKey = {
  kid: string;
  algorithm: SigningAlgorithm;
  publicJwk: PublicJwk;
  publicKey: KeyObject;
  privateKey: KeyObject;
};

async function newKey(algorithm: SigningAlgorithm): Promise<OpenKey> {
  const secrets = someSecrets();
  const { kid, publicJwk, sealed } = await generateSealedKey(algorithm, secrets);
  const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' });
  const privateKey = openPrivateKey(secrets, kid, sealed);
  return { kid, algorithm, publicJwk, publicKey, privateKey };
}

for (const algorithm of signingAlgorithms) {
  describe(`Signatures with ${algorithm}`, () => {
    test('A signature verifies with jose and the public JWK alone', async () => {
      const key = await newKey(algorithm);
      const header = Buffer.from(JSON.stringify({ alg: algorithm, kid: key.kid }));
      const input = `${header.toString('base64url')}.${Buffer.from('{}').toString('base64url')}`;
      for (const way of [sign, signNow]) {
        const signature = await way(key, Buffer.from(input));
        const jws = `${input}.${signature.toString('base64url')}`;
        const { protectedHeader } = await compactVerify(jws, key.publicJwk);
        assert.equal(protectedHeader.kid, key.kid);
      }
    });

    test('A jose signature verifies, and a changed one or one by another key does not', async () => {
      const [key, other] = await Promise.all([newKey(algorithm), newKey(algorithm)]);
      const jwt = await new SignJWT({}).setProtectedHeader({ alg: algorithm }).sign(key.privateKey);
      const data = Buffer.from(jwt.slice(0, jwt.lastIndexOf('.')));
      const signature = Buffer.from(jwt.slice(jwt.lastIndexOf('.') + 1), 'base64url');
      assert.equal(await verify(key, data, signature), true);
      assert.equal(await verify(other, data, signature), false);
      assert.equal(await verify(key, Buffer.from('other'), signature), false);
      assert.equal(await verify(key, data, signature.subarray(1)), false);
      assert.equal(await verify(key, data, Buffer.alloc(0)), false);
      const altered = Buffer.from(signature);
      altered.writeUInt8(altered.readUInt8(20) ^ 1, 20);
      assert.equal(await verify(key, data, altered), false);
    });

    test('The public JWK has algorithm, use and thumbprint, and no private member', async () => {
      const { publicJwk, kid } = await newKey(algorithm);
      assert.equal(kid, await calculateJwkThumbprint(publicJwk));
      const names = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] }[publicJwk.kty];
      assert.deepEqual(
        new Set(Object.keys(publicJwk)),
        new Set(['kty', 'use', 'alg', 'kid', ...(names ?? [])]),
      );
      assert.deepEqual([publicJwk.alg, publicJwk.use], [algorithm, 'sig']);
    });
  });
}

test('An RSA signing key has 2048 bits', async () => {
  const { publicKey } = await newKey('RS256');
  assert.equal(publicKey.asymmetricKeyDetails?.modulusLength, 2048);
});

test('A signing key that has lost its private part cannot sign', async () => {
  const { kid, algorithm } = await newKey('EdDSA');
  await assert.rejects(
    sign({ kid, algorithm }, Buffer.from('data')),
    (error) => error instanceof CardeaError && error.code === 'cannot_sign',
  );
});
