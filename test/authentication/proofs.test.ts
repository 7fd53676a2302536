/** What proofs are worth together, and what a token says of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  contextOf,
  type Proof,
  type ProofMethod,
  tookSeveralFactors,
} from '../../src/authentication/proofs.ts';

const proofs = (...methods: ProofMethod[]): Proof[] => methods.map((method) => ({ method, at: 1 }));

describe('Proofs of a sign-in', () => {
  test('Several factors were proven by two of them, by a passkey, and where a trusted provider says so', () => {
    for (const proven of [
      proofs('password', 'totp'),
      proofs('password', 'recovery_code'),
      proofs('passkey'),
      [{ method: 'provider', at: 1, upstream: { level: 'mfa', amr: ['pwd'] } }] satisfies Proof[],
    ]) {
      const { level, amr } = contextOf(proven);
      assert.notEqual(level, 'password');
      assert.ok(tookSeveralFactors(amr), JSON.stringify(proven));
    }
  });

  test('A trusted browser is as good as a second factor, and is none that was proven', () => {
    const { level, amr } = contextOf(proofs('password', 'trusted_browser'));
    assert.deepEqual([level, amr], ['mfa', ['pwd']]);
    assert.ok(!tookSeveralFactors(amr));
    assert.ok(!tookSeveralFactors(contextOf(proofs('password')).amr));
  });
});
