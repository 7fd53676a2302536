import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { signingAlgorithms } from '../../src/definitions/oauth.ts';
import { publicJwks } from '../../src/signing_keys/jwks.ts';
import { day, openHouse } from './harness.ts';

for (const algorithm of signingAlgorithms) {
  test(`The JWKS holds the public members of an ${algorithm} key in a fixed order`, async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started({ policy: { algorithm } });
    const { body } = publicJwks(keyring.snapshot(), house.clock.now());
    const [key] = JSON.parse(body).keys;
    const own = { RSA: ['e', 'n'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] }[String(key.kty)];
    assert.deepEqual(Object.keys(key), ['kty', 'use', 'alg', 'kid', ...(own ?? [])]);
  });
}

test('A signature by any published key is found in the JWKS by its kid', async (t) => {
  const house = await openHouse(t);
  const keyring = await house.started();
  const signWithCurrent = () => {
    const { kid, algorithm, privateKey } = keyring.snapshot().current;
    assert.ok(privateKey);
    return new SignJWT({}).setProtectedHeader({ alg: algorithm, kid }).sign(privateKey);
  };
  const token = await signWithCurrent();
  await keyring.rotate();
  const ahead = createLocalJWKSet(
    JSON.parse(publicJwks(keyring.snapshot(), house.clock.now()).body),
  );
  house.clock.advance(day);
  const since = createLocalJWKSet(
    JSON.parse(publicJwks(keyring.snapshot(), house.clock.now()).body),
  );
  const successor = await signWithCurrent();
  for (const jwks of [ahead, since]) {
    await jwtVerify(token, jwks);
    await jwtVerify(successor, jwks);
  }
});

test('The JWKS and its ETag are the same in every process and change with the keys', async (t) => {
  const house = await openHouse(t);
  const [a, b] = [await house.started(), await house.started()];
  const jwksOf = (keyring: typeof a) => publicJwks(keyring.snapshot(), house.clock.now());
  const before = jwksOf(a);
  assert.deepEqual(jwksOf(b), before);
  assert.match(before.etag, /^"[\w-]{43}"$/);
  // The next key is in it already.
  await a.rotate();
  assert.deepEqual(jwksOf(a), before);
  await a.revoke(a.snapshot().current.kid);
  assert.notEqual(jwksOf(a).etag, before.etag);
});

test('A cached JWKS expires before a signing key that it lacks can sign', async (t) => {
  const house = await openHouse(t);
  const maxAge = async (publishAheadMs: number) => {
    const keyring = await house.started({ policy: { publishAheadMs } });
    return publicJwks(keyring.snapshot(), house.clock.now()).maxAge;
  };
  assert.equal(await maxAge(500), 0);
  assert.equal(await maxAge(10_000), 5);
  assert.equal(await maxAge(day), 300);
});
