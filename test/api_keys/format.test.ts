import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  checksum,
  createKey,
  displayOf,
  parseKey,
  scannerPattern,
} from '../../src/api_keys/model/key_format.ts';
import { keyPrefix } from '../../src/definitions/api_keys.ts';
import { readApiKey } from '../../src/verifier/api_keys/key_format.ts';

const prefix = fc.stringMatching(/^[a-z][a-z0-9]{1,15}$/);
const environment = fc.constantFrom('live' as const, 'test' as const);
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('API key format', () => {
  test('A generated API key parses back to its parts for every prefix and environment', () => {
    fc.assert(
      fc.property(prefix, environment, (name, kind) => {
        const parsed = parseKey(createKey(name, kind));
        assert.deepEqual(parsed, { prefix: name, environment: kind, isChecksumRight: true });
      }),
    );
  });

  test('The verifier package parses API keys the same way, up to the longest prefix', () => {
    const longest = 'a'.repeat(keyPrefix.longest);
    fc.assert(
      fc.property(fc.oneof(prefix, fc.constant(longest)), environment, (name, kind) => {
        const key = createKey(name, kind);
        for (const text of [key, `a${key}`, key.slice(0, -1), key.toUpperCase()]) {
          assert.deepEqual(readApiKey(text), parseKey(text));
        }
      }),
    );
  });

  test('The checksum catches a typo: any single changed character or any two swapped ones', () => {
    fc.assert(
      fc.property(fc.nat(37), fc.nat(61), (position, other) => {
        const key = createKey('acme', 'live');
        const at = key.length - 38 + position;
        const altered = `${key.slice(0, at)}${base62[other]}${key.slice(at + 1)}`;
        if (altered !== key) assert.equal(parseKey(altered)?.isChecksumRight, false);
        if (position === 37) return;
        const swapped = `${key.slice(0, at)}${key[at + 1]}${key[at]}${key.slice(at + 2)}`;
        if (swapped !== key) assert.equal(parseKey(swapped)?.isChecksumRight, false);
      }),
    );
  });

  test('The checksum also covers the prefix and the environment', () => {
    const key = createKey('acme', 'live');
    assert.equal(parseKey(key.replace('_live_', '_test_'))?.isChecksumRight, false);
    assert.equal(parseKey(key.replace('acme', 'acne'))?.isChecksumRight, false);
  });

  test('Any other text is not an API key and is refused without a lookup', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => !parseKey(text)));
    const key = createKey('acme', 'live');
    const others = [` ${key}`, `${key}\n`, `${key}0`, key.slice(1, -1), key.toUpperCase()];
    for (const text of [...others, key.replace('_live_', '_prod_'), 'x'.repeat(1_000_000)]) {
      assert.equal(parseKey(text), undefined);
    }
  });

  test('The checksum is CRC-32 in base62, padded to six characters', () => {
    // CRC-32 of "123456789" is 0xcbf43926 (the check value of the algorithm).
    let value = 0;
    for (const character of checksum('123456789')) value = value * 62 + base62.indexOf(character);
    assert.equal(value, 0xcb_f4_39_26);
    assert.equal(checksum(''), '000000');
  });

  test('Secret scanners match exactly an API key within a text', () => {
    const key = createKey('acme', 'test');
    const pattern = new RegExp(scannerPattern('acme'), 'g');
    assert.deepEqual(`key="${key}"; ${key}x ${key.slice(0, -1)}`.match(pattern), [key]);
  });

  test('Generated API keys do not repeat and use every character equally often', () => {
    const keys = Array.from({ length: 5000 }, () => createKey('acme', 'live'));
    assert.equal(new Set(keys).size, keys.length);
    const counts = new Map<string, number>();
    for (const key of keys) {
      for (const character of key.slice(10, 42)) {
        counts.set(character, (counts.get(character) ?? 0) + 1);
      }
    }
    const mean = (5000 * 32) / 62;
    // Six standard deviations: by chance once in hundreds of millions.
    for (const character of base62) {
      assert.ok(Math.abs((counts.get(character) ?? 0) - mean) < 6 * Math.sqrt(mean), character);
    }
  });

  test('The displayed part of an API key reveals none of its random characters', () => {
    fc.assert(
      fc.property(prefix, environment, (name, kind) => {
        const key = createKey(name, kind);
        const { start, end } = displayOf(key);
        assert.ok(`${name}_${kind}_`.startsWith(start));
        assert.equal(end, key.slice(-4));
      }),
    );
  });
});
