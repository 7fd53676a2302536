import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CardeaError } from '../../src/errors.ts';
import { createSecrets } from '../../src/secrets/secrets.ts';

const old = randomBytes(32);
const fresh = randomBytes(48);
const cannotUnseal = (error: unknown) =>
  error instanceof CardeaError && error.code === 'cannot_unseal';

describe('Encryption with the master secret', () => {
  test('Decryption returns the encrypted bytes', () => {
    const secrets = createSecrets([old]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, purpose) => {
        const plaintext = Buffer.from(bytes);
        const opened = secrets.open(purpose, secrets.seal(purpose, plaintext));
        assert.deepEqual(opened, plaintext);
      }),
    );
  });

  test('Encrypting the same plaintext twice gives different texts', () => {
    const secrets = createSecrets([old]);
    const texts = Array.from({ length: 50 }, () => secrets.seal('purpose', 'plaintext'));
    assert.equal(new Set(texts).size, texts.length);
  });

  test('Any changed character is detected', () => {
    const secrets = createSecrets([old]);
    const sealed = secrets.seal('purpose', 'plaintext of some length');
    for (let index = 0; index < sealed.length - 1; index += 1) {
      const other = sealed[index] === 'A' ? 'B' : 'A';
      const altered = sealed.slice(0, index) + other + sealed.slice(index + 1);
      assert.throws(() => secrets.open('purpose', altered), cannotUnseal, `at ${index}`);
    }
  });

  test('A truncated text is not decrypted', () => {
    const secrets = createSecrets([old]);
    const sealed = secrets.seal('purpose', 'plaintext');
    for (let length = 0; length < sealed.length; length += 1) {
      assert.throws(() => secrets.open('purpose', sealed.slice(0, length)), cannotUnseal);
    }
  });

  test('A text encrypted for one purpose is not decrypted for another', () => {
    const secrets = createSecrets([old]);
    assert.throws(() => secrets.open('b', secrets.seal('a', 'plaintext')), cannotUnseal);
  });

  test('Every secret in the list decrypts, and the first one encrypts', () => {
    const before = createSecrets([old]);
    const during = createSecrets([fresh, old]);
    const oldOrder = createSecrets([old, fresh]);
    const sealedBefore = before.seal('purpose', 'plaintext');
    const sealedDuring = during.seal('purpose', 'plaintext');
    for (const secrets of [during, oldOrder]) {
      assert.equal(secrets.open('purpose', sealedBefore).toString(), 'plaintext');
      assert.equal(secrets.open('purpose', sealedDuring).toString(), 'plaintext');
    }
    assert.equal(during.sealedByFirst(sealedBefore), false);
    assert.equal(during.sealedByFirst(sealedDuring), true);
    assert.equal(oldOrder.sealedByFirst(sealedBefore), true);
    assert.throws(() => before.open('purpose', sealedDuring), cannotUnseal);
  });

  test('An error reveals neither the plaintext nor the secret', () => {
    const sealed = createSecrets([old]).seal('purpose', 'the plaintext');
    try {
      createSecrets([fresh]).open('purpose', sealed);
      assert.fail('was opened');
    } catch (error) {
      assert.ok(error instanceof CardeaError);
      const told = `${error.stack} ${String(error.cause)}`;
      for (const secret of [old, fresh]) {
        assert.ok(!told.includes(secret.toString('base64url')));
        assert.ok(!told.includes(secret.toString('hex')));
      }
      assert.ok(!told.includes('the plaintext'));
    }
  });
});

describe('Key derivation', () => {
  test('Each purpose and each secret has its own derived key, which never changes', () => {
    const secrets = createSecrets([old, fresh]);
    assert.deepEqual(secrets.derive('a'), createSecrets([old]).derive('a'));
    assert.notDeepEqual(secrets.derive('a'), secrets.derive('b'));
    assert.deepEqual(secrets.deriveAll('a'), [
      secrets.derive('a'),
      createSecrets([fresh]).derive('a'),
    ]);
  });

  test('A derived key has the requested length, and 32 bytes by default', () => {
    const secrets = createSecrets([old]);
    assert.equal(secrets.derive('a').length, 32);
    assert.equal(secrets.derive('a', 64).length, 64);
    assert.deepEqual(
      secrets.deriveAll('a', 16).map((key) => key.length),
      [16],
    );
  });
});

test('A short or missing secret is refused without being repeated', () => {
  const short = randomBytes(31);
  const refused = (error: unknown) =>
    error instanceof CardeaError &&
    error.code === 'unusable_secret' &&
    !error.message.includes(short.toString('base64url'));
  assert.throws(() => createSecrets([]), refused);
  assert.throws(() => createSecrets([old, short]), refused);
});
