/** How strong and how recent a sign-in the API demands, and the challenge that says so (RFC 9470). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createVerifier, type VerifierOptions } from '../../src/verifier/index.ts';
import { another, refusalOf, type Setting, setUp } from './support/verifying.ts';

const acr = (level: string) => `urn:cardea:acr:${level}`;

describe('Sign-ins that an API demands', () => {
  let at: Setting;
  const ends: (() => unknown)[] = [];
  before(async () => {
    at = await setUp({ after: (end) => ends.push(end) }, { dpop: false, acr: 'mfa', max_age: 300 });
  });
  after(() => Promise.all(ends.map((end) => end())));

  const signedIn = (ago: number) => Math.floor(Date.now() / 1000) - ago;
  const code = async (claims: Record<string, unknown>, verifier = at) =>
    verifier.code(await at.issuer.issue(claims));

  test('A strong and recent sign-in is accepted, and so is a stronger one', async () => {
    for (const level of ['mfa', 'phishing-resistant']) {
      assert.equal(await code({ acr: acr(level), auth_time: signedIn(10) }), 'ok');
    }
  });

  test('A weaker sign-in, another class and none at all are refused', async () => {
    for (const value of [acr('password'), 'mfa', acr('MFA'), '2', ['mfa'], undefined]) {
      assert.equal(await code({ acr: value, auth_time: signedIn(10) }), 'weak_sign_in');
    }
  });

  test('An older sign-in is refused, and one whose time is not told', async () => {
    for (const time of [signedIn(310), 0, '9999999999', undefined]) {
      assert.equal(await code({ acr: acr('mfa'), auth_time: time }), 'old_sign_in');
    }
  });

  test('The challenge tells the client what to ask for', async () => {
    const token = await at.issuer.issue({ acr: acr('password'), auth_time: signedIn(10) });
    const refusal = await refusalOf(at.verifier.verify(token, { scopes: [] }));
    assert.equal(refusal.status, 401);
    assert.equal(refusal.error, 'insufficient_user_authentication');
    assert.equal(
      refusal.wwwAuthenticate,
      'Bearer realm="https://orders.example", error="insufficient_user_authentication", ' +
        'error_description="A stronger sign-in is required", ' +
        'acr_values="urn:cardea:acr:mfa", max_age="300"',
    );
  });

  test('A call may demand more or less than the verifier', async (context) => {
    const lax = another(context, at.issuer, { dpop: false });
    const token = await at.issuer.issue({ acr: acr('password'), auth_time: signedIn(100) });
    assert.equal(await lax.code(token), 'ok');
    const demands = [
      [{ acr: 'phishing_resistant' }, 'weak_sign_in'],
      [{ max_age: 50 }, 'old_sign_in'],
    ] as const;
    for (const [options, expected] of demands) {
      assert.equal((await refusalOf(lax.verifier.verify(token, options))).code, expected);
    }
    await at.verifier.verify(token, { acr: 'password' });
  });

  test('Demands that nothing can meet are the mistake of whoever wrote them', async () => {
    const { issuer, audience } = at.issuer;
    for (const mistake of [{ acr: 'MFA' }, { max_age: -1 }, { max_age: 1.5 }, { max_age: '5' }]) {
      const options = { issuer, audience, ...mistake } as VerifierOptions;
      assert.throws(() => createVerifier(options), TypeError);
      await assert.rejects(at.verifier.verify('a', mistake as object), TypeError);
    }
  });
});
