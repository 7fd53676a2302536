import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createSignInThrottle,
  type SignInAttempt,
  type SignInThrottle,
} from '../../src/rate_limits/sign_in_throttle.ts';
import type { Store } from '../../src/storage/store.ts';
import { createMovableClock, openTestStore, openTestStores } from '../support/rooms.ts';

const minute = 60_000;
const key = Buffer.alloc(32, 1);
const policy = {
  attempts_per_account: { limit: 3, windowMs: 15 * minute },
  attempts_per_address: { limit: 20, windowMs: 15 * minute },
};

function throttleOn(store: Store, { keys = [key], clock = createMovableClock() } = {}) {
  return {
    throttle: createSignInThrottle({ counters: store.counters, clock, policy, keys }),
    clock,
  };
}

/** One wrong guess; whether it was let through to the password. */
async function guess(throttle: SignInThrottle, attempt: SignInAttempt): Promise<boolean> {
  const { allowed } = await throttle.check(attempt);
  if (allowed) await throttle.failed(attempt);
  return allowed;
}

async function guesses(throttle: SignInThrottle, count: number, attempt: SignInAttempt) {
  let allowed = 0;
  for (let index = 0; index < count; index += 1) {
    if (await guess(throttle, attempt)) allowed += 1;
  }
  return allowed;
}

const alice: SignInAttempt = { account: 'alice', address: '203.0.113.7' };

/** The same length, another first character. */
const altered = (text: string) => `${text.startsWith('x') ? 'y' : 'x'}${text.slice(1)}`;

describe('Password guessing limits', () => {
  test('An account is throttled after its limit until the window ends', async (t) => {
    const { throttle, clock } = throttleOn(await openTestStore(t));
    assert.equal(await guesses(throttle, 10, alice), 3);
    clock.advance(5 * minute);
    const refused = { allowed: false, retryAfterSeconds: 600 };
    assert.deepEqual(await throttle.check(alice), refused);
    clock.advance(10 * minute);
    assert.equal(await guesses(throttle, 10, alice), 3);
  });

  test('Of 500 simultaneous guesses on two processes no more than the limit are tried', async (t) => {
    const clock = createMovableClock();
    const throttles = (await openTestStores(t, 2)).map(
      (store) => throttleOn(store, { clock }).throttle,
    );
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => throttles[index % 2]?.check(alice)),
    );
    assert.equal(answers.filter((answer) => answer?.allowed).length, 3);
  });

  test('Another spelling of the username counts as the same account', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let allowed = 0;
    for (const account of ['alice', 'ALICE', ' Alice ', 'ａlice', 'alice']) {
      if (await guess(throttle, { ...alice, account })) allowed += 1;
    }
    assert.equal(allowed, 3);
  });

  test('One address is throttled across all accounts', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let allowed = 0;
    for (let index = 0; index < 30; index += 1) {
      if (await guess(throttle, { account: `user-${index}`, address: '203.0.113.7' })) allowed += 1;
    }
    assert.equal(allowed, 20);
    assert.equal(await guess(throttle, { account: 'user-99', address: '203.0.113.8' }), true);
  });

  test('An IPv6 network of one customer counts as one address, and IPv4-mapped IPv6 as IPv4', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let allowed = 0;
    for (let index = 1; index <= 10; index += 1) {
      const address = `2001:db8:1:2:${index}::${index}`;
      if (await guess(throttle, { account: 'alice', address })) allowed += 1;
    }
    assert.equal(allowed, 3);
    assert.equal(await guess(throttle, { account: 'alice', address: '2001:db8:1:3::1' }), true);
    await guesses(throttle, 3, { account: 'bob', address: '::ffff:203.0.113.7' });
    assert.equal(await guess(throttle, { account: 'bob', address: '203.0.113.7' }), false);
  });

  test('An account has a limit on guesses from all networks together', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let allowed = 0;
    for (let index = 0; index < 40; index += 1) {
      if (await guess(throttle, { account: 'alice', address: `198.51.100.${index}` })) allowed += 1;
    }
    assert.equal(allowed, 15);
  });

  test('Refused attempts from one network do not fill limits that others share', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    await guesses(throttle, 200, alice);
    assert.equal(await guesses(throttle, 3, { ...alice, address: '198.51.100.1' }), 3);
    assert.equal(await guess(throttle, { ...alice, account: 'bob' }), true);
  });

  test('The response to a failure says when the next attempt is possible', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    const answers = [];
    for (let index = 0; index < 3; index += 1) {
      await throttle.check(alice);
      answers.push(await throttle.failed(alice));
    }
    assert.deepEqual(answers, [
      { allowed: true },
      { allowed: true },
      { allowed: false, retryAfterSeconds: 900 },
    ]);
  });
});

describe('Successful sign-ins and throttling', () => {
  test('A successful sign-in uses up no attempt, and earlier failures stay counted', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    for (let index = 0; index < 50; index += 1) {
      assert.equal((await throttle.check(alice)).allowed, true);
      await throttle.succeeded(alice);
    }
    assert.equal(await guesses(throttle, 2, alice), 2);
    await throttle.check(alice);
    await throttle.succeeded(alice);
    assert.equal(await guesses(throttle, 5, alice), 1);
  });

  test('An attempt that the server failed to verify is not counted', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    for (let index = 0; index < 50; index += 1) {
      assert.equal((await throttle.check(alice)).allowed, true);
      await throttle.abandoned(alice);
    }
    assert.equal(await guesses(throttle, 5, alice), 3);
  });

  test('A success after its window has ended earns no extra attempt', async (t) => {
    const { throttle, clock } = throttleOn(await openTestStore(t));
    await throttle.check(alice);
    clock.advance(16 * minute);
    await throttle.succeeded(alice);
    assert.equal(await guesses(throttle, 10, alice), 3);
  });
});

describe('Throttling of known browsers', () => {
  async function signedIn(throttle: SignInThrottle, attempt: SignInAttempt) {
    await throttle.check(attempt);
    return (await throttle.succeeded(attempt)).deviceCookie;
  }

  test('Strangers cannot lock out a known browser, from any network and however often they guess', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    const deviceCookie = await signedIn(throttle, alice);
    for (let index = 0; index < 30; index += 1) {
      await guesses(throttle, 2, { account: 'alice', address: `198.51.100.${index}` });
      await guess(throttle, { ...alice, account: `user-${index}` });
    }
    assert.equal(await guess(throttle, alice), false);
    assert.equal(await guess(throttle, { ...alice, deviceCookie }), true);
  });

  test('A known browser has its own limit, and a new sign-in there earns no fresh attempts', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let deviceCookie = await signedIn(throttle, alice);
    assert.equal(await guesses(throttle, 2, { ...alice, deviceCookie }), 2);
    deviceCookie = await signedIn(throttle, { ...alice, deviceCookie });
    assert.equal(await guesses(throttle, 10, { ...alice, deviceCookie }), 1);
  });

  test('The known browsers of one account share a limit, however many there are', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    const cookies: string[] = [];
    for (let index = 0; index < 20; index += 1) cookies.push(await signedIn(throttle, alice));
    let allowed = 0;
    for (const deviceCookie of cookies) {
      allowed += await guesses(throttle, 3, { ...alice, deviceCookie });
    }
    assert.equal(allowed, 15);
  });

  test('A known browser counts as unknown for other accounts, with an invalid cookie, or under another key', async (t) => {
    const store = await openTestStore(t);
    const { throttle, clock } = throttleOn(store);
    const deviceCookie = await signedIn(throttle, alice);
    await guesses(throttle, 3, alice);
    await guesses(throttle, 3, { ...alice, account: 'bob' });
    const [device, expires, signature] = deviceCookie.split('.');
    const forged = [
      `${device}.${Number(expires) + 1}.${signature}`,
      `${device && altered(device)}.${expires}.${signature}`,
      `${device}.${expires}.${signature && altered(signature)}`,
      'x'.repeat(5000),
      '~~..~',
    ];
    for (const cookie of forged) {
      assert.equal(await guess(throttle, { ...alice, deviceCookie: cookie }), false);
    }
    assert.equal(await guess(throttle, { ...alice, account: 'bob', deviceCookie }), false);
    assert.equal(await guess(throttle, { ...alice, deviceCookie }), true);
    clock.advance(366 * 1440 * minute);
    await guesses(throttle, 3, alice);
    assert.equal(await guess(throttle, { ...alice, deviceCookie }), false);
  });

  test('A known browser stays known through a secret rotation until the old secret is removed', async (t) => {
    const store = await openTestStore(t);
    const clock = createMovableClock();
    const newKey = Buffer.alloc(32, 2);
    const deviceCookie = await signedIn(throttleOn(store, { clock }).throttle, alice);
    const rotated = throttleOn(store, { clock, keys: [newKey, key] }).throttle;
    await guesses(rotated, 3, alice);
    assert.equal(await guess(rotated, { ...alice, deviceCookie }), true);
    const dropped = throttleOn(store, { clock, keys: [newKey] }).throttle;
    assert.equal(await guess(dropped, { ...alice, deviceCookie }), false);
  });

  test('A browser is known for its last four accounts', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    const names = ['alice', 'bob', 'carol', 'dave', 'erin'];
    let deviceCookie: string | undefined;
    for (const account of names) {
      deviceCookie = await signedIn(throttle, { ...alice, account, deviceCookie });
    }
    for (const account of names) await guesses(throttle, 3, { ...alice, account });
    const known = [];
    for (const account of names) {
      if (await guess(throttle, { ...alice, account, deviceCookie })) known.push(account);
    }
    assert.deepEqual(known, ['bob', 'carol', 'dave', 'erin']);
    assert.doesNotMatch(deviceCookie ?? '', /alice|bob/);
    assert.match(deviceCookie ?? '', /^[\w.~-]{1,400}$/);
  });
});

test('The store holds neither usernames nor addresses', async (t) => {
  const store = await openTestStore(t);
  const keys: string[] = [];
  const throttle = createSignInThrottle({
    counters: {
      addAll: (additions, now) => {
        keys.push(...additions.map((addition) => addition.key));
        return store.counters.addAll(additions, now);
      },
    },
    clock: createMovableClock(),
    policy,
    keys: [key],
  });
  await guess(throttle, alice);
  assert.ok(keys.length > 0);
  assert.doesNotMatch(keys.join(), /alice|203/);
});
