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

describe('sealing', () => {
  test('whatever was sealed is opened to the same bytes', () => {
    const secrets = createSecrets([old]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, purpose) => {
        const plaintext = Buffer.from(bytes);
        const opened = secrets.open(purpose, secrets.seal(purpose, plaintext));
        assert.deepEqual(opened, plaintext);
      }),
    );
  });

  test('the same plaintext never gives the same text', () => {
    const secrets = createSecrets([old]);
    const texts = Array.from({ length: 50 }, () => secrets.seal('purpose', 'plaintext'));
    assert.equal(new Set(texts).size, texts.length);
  });

  test('no changed character goes unnoticed', () => {
    const secrets = createSecrets([old]);
    const sealed = secrets.seal('purpose', 'plaintext of some length');
    for (let index = 0; index < sealed.length - 1; index += 1) {
      const other = sealed[index] === 'A' ? 'B' : 'A';
      const altered = sealed.slice(0, index) + other + sealed.slice(index + 1);
      assert.throws(() => secrets.open('purpose', altered), cannotUnseal, `at ${index}`);
    }
  });

  test('no shortened text is opened', () => {
    const secrets = createSecrets([old]);
    const sealed = secrets.seal('purpose', 'plaintext');
    for (let length = 0; length < sealed.length; length += 1) {
      assert.throws(() => secrets.open('purpose', sealed.slice(0, length)), cannotUnseal);
    }
  });

  test('what was sealed for one purpose is not opened for another', () => {
    const secrets = createSecrets([old]);
    assert.throws(() => secrets.open('b', secrets.seal('a', 'plaintext')), cannotUnseal);
  });

  test('every secret of the list opens, whatever its place; the first one seals', () => {
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

  test('an error tells neither the plaintext nor the secret', () => {
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

describe('derived keys', () => {
  test('each purpose and each secret has a key of its own, always the same', () => {
    const secrets = createSecrets([old, fresh]);
    assert.deepEqual(secrets.derive('a'), createSecrets([old]).derive('a'));
    assert.notDeepEqual(secrets.derive('a'), secrets.derive('b'));
    assert.deepEqual(secrets.deriveAll('a'), [
      secrets.derive('a'),
      createSecrets([fresh]).derive('a'),
    ]);
  });

  test('lengths are as asked for, 32 bytes by default', () => {
    const secrets = createSecrets([old]);
    assert.equal(secrets.derive('a').length, 32);
    assert.equal(secrets.derive('a', 64).length, 64);
    assert.deepEqual(
      secrets.deriveAll('a', 16).map((key) => key.length),
      [16],
    );
  });
});

test('a secret that is too short, or none at all, is refused without being repeated', () => {
  const short = randomBytes(31);
  const refused = (error: unknown) =>
    error instanceof CardeaError &&
    error.code === 'unusable_secret' &&
    !error.message.includes(short.toString('base64url'));
  assert.throws(() => createSecrets([]), refused);
  assert.throws(() => createSecrets([old, short]), refused);
});
