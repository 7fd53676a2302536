import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { SigningAlgorithm } from '../../src/definitions/oauth.ts';
import { timeline } from '../../src/signing_keys/keyset.ts';
import { maintain } from '../../src/signing_keys/keyset_changes.ts';
import { createLife, type Life, published, type Step } from './keyset_model.ts';

/** Of rotate_every: long ones, and such as are short against every other time. */
const share = fc.oneof(
  fc.double({ min: 0, max: 0.6, noNaN: true }),
  fc.double({ min: 0, max: 0.02, noNaN: true }),
);
const writeMs = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 29_000 }));
const diesInBetween = fc.boolean();
const algorithm = fc.constantFrom<SigningAlgorithm[]>('RS256', 'ES256');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait'), share }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('poll'), writeMs, diesInBetween }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke'), index: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('choose'), algorithm }) },
);

const circumstances = fc.record({
  publishAheadMs: fc.integer({ min: 500, max: 100_000 }),
  times: fc.double({ min: 1.01, max: 8, noNaN: true }),
  lifetimeMs: fc.integer({ min: 1000, max: 1_000_000 }),
  steps: fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
});

/** Lives through any sequence of events, with a token signed after each; `check` looks at every step. */
function throughAnyLife(check: (life: Life) => void): void {
  fc.assert(
    fc.property(circumstances, ({ publishAheadMs, times, lifetimeMs, steps }) => {
      const rotateEveryMs = Math.ceil(publishAheadMs * times);
      const life = createLife({ algorithm: 'RS256', publishAheadMs, rotateEveryMs }, lifetimeMs);
      for (const next of steps) {
        life.take(next);
        life.sign();
        check(life);
      }
    }),
    { numRuns: 300 },
  );
}

describe('Signing key invariants at any time', () => {
  test('Exactly one signing key is current, with its private part and not revoked', () => {
    throughAnyLife((life) => {
      const current = life.times().filter(({ state }) => state === 'current');
      assert.equal(current.length, 1);
      assert.notEqual(current[0]?.record.sealed, undefined);
      assert.equal(current[0]?.record.revokedAt, undefined);
    });
  });

  test('The signing key of every token is published until the token expires, unless it was revoked', () => {
    throughAnyLife((life) => {
      const now = life.now();
      const kids = published(life.times());
      for (const { kid, at, lifetimeMs } of life.signatures) {
        if (at + lifetimeMs > now && !life.revoked.has(kid)) assert.ok(kids.includes(kid), kid);
      }
    });
  });

  test('A JWKS fetched publish_ahead ago has the current signing key, except after an emergency', () => {
    throughAnyLife((life) => {
      const { publishAheadMs } = life.timing;
      const kid = life.current()?.record.kid ?? '';
      const latest = life.moments.at(-1);
      const cached = life.moments.filter(
        ({ at, emergencies }) =>
          at > life.now() - publishAheadMs && emergencies === latest?.emergencies,
      );
      for (const { keyset, at } of cached.slice(1)) {
        assert.ok(published(timeline(keyset, at)).includes(kid), `${kid} is missing`);
      }
    });
  });

  test('A process that missed the last change signs with the same key, except after an emergency', () => {
    throughAnyLife((life) => {
      const now = life.now();
      const kid = life.current()?.record.kid;
      const latest = life.moments.at(-1);
      // Strictly younger than the propagation time, and with all that was written at that instant.
      const heard = life.moments.findLast(({ at }) => at <= now - life.timing.propagationMs);
      const since = life.moments.find(({ at }) => at > now - life.timing.propagationMs);
      const known = heard ?? since;
      if (!known || known.emergencies !== latest?.emergencies) return;
      const signing = timeline(known.keyset, now).find(({ state }) => state === 'current');
      assert.equal(signing?.record.kid, kid);
    });
  });

  test('No signing key signs before it was published for publish_ahead, except the first and after emergencies', () => {
    throughAnyLife((life) => {
      for (const { record } of life.times()) {
        if (record.activatesAt === record.publishedAt) continue;
        const early = record.activatesAt < record.publishedAt + life.timing.publishAheadMs;
        assert.ok(!early || life.moments.at(-1)?.emergencies, record.kid);
      }
    });
  });

  test('An unpublished signing key never comes back', () => {
    throughAnyLife((life) => {
      const now = life.now();
      const kids = new Set(published(life.times()));
      const known = new Set(life.keyset().keys.map((key) => key.kid));
      for (const { keyset, at } of life.moments) {
        for (const { record, state } of timeline(keyset, at)) {
          if (state === 'retired' && at <= now) assert.ok(!kids.has(record.kid), record.kid);
        }
      }
      assert.ok(known.size >= kids.size);
    });
  });

  test('A private key is deleted once revoked, or a minute after its last signature', () => {
    throughAnyLife((life) => {
      life.poll();
      for (const { record, state, signsUntil = Infinity } of life.times()) {
        const over =
          state === 'retired' || (state === 'previous' && signsUntil + 60_000 <= life.now());
        if (over) assert.equal(record.sealed, undefined);
      }
    });
  });
});

describe('Signing keys with a polling process', () => {
  const policies = fc.record({
    publishAheadMs: fc.integer({ min: 500, max: 50_000 }),
    times: fc.double({ min: 1.2, max: 6, noNaN: true }),
  });

  test('Each signing key signs for exactly rotate_every, under any policy', () => {
    fc.assert(
      fc.property(policies, ({ publishAheadMs, times }) => {
        const rotateEveryMs = Math.ceil(publishAheadMs * times) + 1000;
        const life = createLife({ algorithm: 'RS256', publishAheadMs, rotateEveryMs }, 1000);
        const seen = new Map<string, number>();
        while (seen.size < 5) {
          life.wait(life.timing.pollEveryMs);
          life.poll();
          const record = life.current()?.record;
          if (record) seen.set(record.kid, record.activatesAt);
        }
        const activations = [...seen.values()];
        const windows = activations.slice(1).map((at, index) => at - (activations[index] ?? 0));
        assert.deepEqual(new Set(windows), new Set([rotateEveryMs]));
      }),
      { numRuns: 50 },
    );
  });

  test('The stored document stays small after any number of rotations', () => {
    const life = createLife({ algorithm: 'RS256', publishAheadMs: 500, rotateEveryMs: 2000 }, 1000);
    for (let polls = 0; polls < 20_000; polls += 1) {
      life.wait(life.timing.pollEveryMs);
      life.poll();
    }
    // 61 s of published predecessors at 2 s each, the current one, the next one, ten remembered.
    assert.ok(life.keyset().keys.length <= 43, String(life.keyset().keys.length));
  });

  test('A signing key that is replaced before its time never signs', () => {
    const life = createLife({ algorithm: 'RS256', publishAheadMs: 1e5, rotateEveryMs: 4e5 }, 1000);
    while ((life.keyset().keys[1]?.activatesAt ?? Infinity) - life.now() > 50_000) {
      life.wait(1000);
      life.poll();
    }
    life.take({ do: 'choose', algorithm: 'ES256' });
    const signing = new Set<string>();
    for (let seconds = 0; seconds < 400; seconds += 1) {
      life.poll();
      life.wait(1000);
      signing.add(life.current()?.record.kid ?? '');
    }
    assert.deepEqual([...signing], ['k1', 'k3']);
  });

  test('A signing key brought forward signs only when every process can have heard of it', () => {
    const life = createLife({ algorithm: 'RS256', publishAheadMs: 8000, rotateEveryMs: 80_000 }, 1);
    while (life.keyset().keys.length < 2) {
      life.wait(1000);
      life.poll();
    }
    life.wait(8000);
    const planned = life.keyset().keys[1]?.activatesAt;
    life.take({ do: 'rotate' });
    const activatesAt = life.keyset().keys[1]?.activatesAt;
    assert.equal(activatesAt, life.now() + life.timing.propagationMs);
    assert.ok(planned !== undefined && activatesAt < planned);
  });

  test('A signing key that is still needed stays published, however many later ones are not', () => {
    const life = createLife({ algorithm: 'RS256', publishAheadMs: 500, rotateEveryMs: 2000 }, 1000);
    const [first] = life.keyset().keys;
    assert.ok(first);
    while (life.keyset().keys.length < 40) {
      life.wait(100);
      life.poll();
    }
    const keys = [{ ...first, tokenLifetimeMs: 1e6 }, ...life.keyset().keys.slice(1)];
    const kept = maintain({ ...life.keyset(), keys }, life.now() + 1e5, 0);
    assert.equal(kept?.keyset.keys[0]?.kid, first.kid);
    assert.equal(kept?.keyset.keys.length, keys.length);
  });
});
