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

describe('guessing passwords', () => {
  test('an account is throttled after its limit, until the window ends', async (t) => {
    const { throttle, clock } = throttleOn(await openTestStore(t));
    assert.equal(await guesses(throttle, 10, alice), 3);
    clock.advance(5 * minute);
    const refused = { allowed: false, retryAfterSeconds: 600 };
    assert.deepEqual(await throttle.check(alice), refused);
    clock.advance(10 * minute);
    assert.equal(await guesses(throttle, 10, alice), 3);
  });

  test('500 guesses at once, over two processes, get no more through than the limit', async (t) => {
    const clock = createMovableClock();
    const throttles = (await openTestStores(t, 2)).map(
      (store) => throttleOn(store, { clock }).throttle,
    );
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => throttles[index % 2]?.check(alice)),
    );
    assert.equal(answers.filter((answer) => answer?.allowed).length, 3);
  });

  test('another spelling of the name is the same account', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let allowed = 0;
    for (const account of ['alice', 'ALICE', ' Alice ', 'ａlice', 'alice']) {
      if (await guess(throttle, { ...alice, account })) allowed += 1;
    }
    assert.equal(allowed, 3);
  });

  test('one address is throttled over all accounts', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let allowed = 0;
    for (let index = 0; index < 30; index += 1) {
      if (await guess(throttle, { account: `user-${index}`, address: '203.0.113.7' })) allowed += 1;
    }
    assert.equal(allowed, 20);
    assert.equal(await guess(throttle, { account: 'user-99', address: '203.0.113.8' }), true);
  });

  test('an IPv6 customer is one address, and IPv4 within IPv6 is IPv4', async (t) => {
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

  test('an account bears a bounded number of guesses from all networks together', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let allowed = 0;
    for (let index = 0; index < 40; index += 1) {
      if (await guess(throttle, { account: 'alice', address: `198.51.100.${index}` })) allowed += 1;
    }
    assert.equal(allowed, 15);
  });

  test('one network that is refused fills nothing that others share', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    await guesses(throttle, 200, alice);
    assert.equal(await guesses(throttle, 3, { ...alice, address: '198.51.100.1' }), 3);
    assert.equal(await guess(throttle, { ...alice, account: 'bob' }), true);
  });

  test('after a failure the answer tells when there is no next attempt', async (t) => {
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

describe('signing in', () => {
  test('successes use up nothing, and earlier failures stay counted', async (t) => {
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

  test('an attempt that the server could not verify is not counted', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    for (let index = 0; index < 50; index += 1) {
      assert.equal((await throttle.check(alice)).allowed, true);
      await throttle.abandoned(alice);
    }
    assert.equal(await guesses(throttle, 5, alice), 3);
  });

  test('a success after its window ended earns no extra attempt', async (t) => {
    const { throttle, clock } = throttleOn(await openTestStore(t));
    await throttle.check(alice);
    clock.advance(16 * minute);
    await throttle.succeeded(alice);
    assert.equal(await guesses(throttle, 10, alice), 3);
  });
});

describe('a browser that signed in before', () => {
  async function signedIn(throttle: SignInThrottle, attempt: SignInAttempt) {
    await throttle.check(attempt);
    return (await throttle.succeeded(attempt)).deviceCookie;
  }

  test('is not locked out by strangers, from wherever and however often they guess', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    const deviceCookie = await signedIn(throttle, alice);
    for (let index = 0; index < 30; index += 1) {
      await guesses(throttle, 2, { account: 'alice', address: `198.51.100.${index}` });
      await guess(throttle, { ...alice, account: `user-${index}` });
    }
    assert.equal(await guess(throttle, alice), false);
    assert.equal(await guess(throttle, { ...alice, deviceCookie }), true);
  });

  test('is throttled by itself, and a new sign-in there earns no fresh attempts', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    let deviceCookie = await signedIn(throttle, alice);
    assert.equal(await guesses(throttle, 2, { ...alice, deviceCookie }), 2);
    deviceCookie = await signedIn(throttle, { ...alice, deviceCookie });
    assert.equal(await guesses(throttle, 10, { ...alice, deviceCookie }), 1);
  });

  test('shares a limit with the account’s other browsers, however many somebody collected', async (t) => {
    const { throttle } = throttleOn(await openTestStore(t));
    const cookies: string[] = [];
    for (let index = 0; index < 20; index += 1) cookies.push(await signedIn(throttle, alice));
    let allowed = 0;
    for (const deviceCookie of cookies) {
      allowed += await guesses(throttle, 3, { ...alice, deviceCookie });
    }
    assert.equal(allowed, 15);
  });

  test('is a stranger to other accounts, with a forged or an expired cookie, or under other keys', async (t) => {
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

  test('stays known when the secret is rotated, until the old one is dropped', async (t) => {
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

  test('remembers the last four accounts that share it', async (t) => {
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

test('the store learns neither names nor addresses', async (t) => {
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
