/** A keyring's life by itself: its first key, its rotation on schedule, and the loss of the store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SigningKeyDescription } from '../../src/signing_keys/keyring.ts';
import { sign, verify } from '../../src/signing_keys/signer.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { openStore } from '../../src/storage/open.ts';
import {
  currentOf,
  day,
  hour,
  minute,
  openHouse,
  policy,
  publishedBy,
  withCode,
} from './harness.ts';

const statesOf = (list: SigningKeyDescription[]) => list.map(({ state }) => state);

describe('First signing key', () => {
  test('The first signing key signs at once, and its published part verifies the signature', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const { current, published } = keyring.snapshot();
    assert.equal(published[0], current);
    const data = Buffer.from('data');
    assert.equal(await verify(current, data, await sign(current, data)), true);
  });

  test('Any number of processes that start at once create one first and one next signing key', async (t) => {
    const house = await openHouse(t);
    const keyrings = Array.from({ length: 8 }, () => house.keyring());
    await Promise.all(keyrings.map((keyring) => keyring.start()));
    assert.equal(new Set(keyrings.map(currentOf)).size, 1);
    await Promise.all(keyrings.map((keyring) => keyring.refresh()));
    const keys = await house.keyring().list();
    assert.deepEqual(statesOf(keys), ['current', 'next']);
    const created = house.events.filter(({ type }) => type === 'signing_key.created');
    assert.deepEqual(
      created.map(({ kid, reason }) => [kid, reason]),
      [
        [keys[0]?.kid, 'initial'],
        [keys[1]?.kid, 'scheduled'],
      ],
    );
  });

  test('The first signing key is the same after a restart', async (t) => {
    const house = await openHouse(t);
    const before = await house.started();
    await before.close();
    const after = await house.started();
    assert.equal(currentOf(after), currentOf(before));
  });

  test('There is no snapshot to sign with before the first signing key', async (t) => {
    const house = await openHouse(t);
    assert.throws(() => house.keyring().snapshot(), withCode('no_signing_key'));
  });
});

describe('Scheduled signing key rotation', () => {
  test('The next signing key is published as soon as its predecessor signs, and every process switches on time', async (t) => {
    const house = await openHouse(t);
    const [a, b] = [await house.started(), await house.started()];
    const first = currentOf(a);
    const [, next] = b.snapshot().published;
    assert.equal(next?.publishedAt, house.clock.now());
    assert.equal(next?.state, 'next');
    assert.equal(next.activatesAt, a.snapshot().current.activatesAt + policy.rotateEveryMs);
    assert.equal(currentOf(b), first);
    house.clock.advance(30 * day - 1);
    assert.deepEqual([currentOf(a), currentOf(b)], [first, first]);
    house.clock.advance(1);
    assert.deepEqual([currentOf(a), currentOf(b)], [next.kid, next.kid]);
    assert.deepEqual(publishedBy(a), [next.kid, first]);
    await a.refresh();
    await b.refresh();
    assert.deepEqual(
      b.snapshot().published.map(({ state }) => state),
      ['current', 'next', 'previous'],
    );
    assert.equal(a.snapshot().version, b.snapshot().version);
  });

  test('A signing key stays published until its last token has expired, plus a minute', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started({ lifetimeMs: () => hour });
    const first = currentOf(keyring);
    await keyring.rotate();
    house.clock.advance(day);
    house.clock.advance(hour + minute - 1);
    assert.ok(publishedBy(keyring).includes(first));
    house.clock.advance(1);
    assert.ok(!publishedBy(keyring).includes(first));
  });

  test('A longer token lifetime keeps signing keys published longer, and a shorter one changes nothing', async (t) => {
    const house = await openHouse(t);
    let lifetime = hour;
    const keyring = await house.started({ lifetimeMs: () => lifetime });
    lifetime = 5 * hour;
    await keyring.refresh();
    lifetime = minute;
    await keyring.refresh();
    await keyring.rotate();
    const [first] = await keyring.list();
    const lasting = (first?.publishedUntil ?? 0) - (first?.signsUntil ?? 0);
    assert.equal(lasting, 5 * hour + minute);
  });

  test('A retired signing key loses its private part and stays listed, ten at most', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    for (let times = 0; times < 14; times += 1) {
      await keyring.rotate();
      house.clock.advance(2 * day);
      await keyring.refresh();
    }
    const list = await keyring.list();
    assert.deepEqual(statesOf(list), [...Array(10).fill('retired'), 'current', 'next']);
    const stored = await house.store.documents.get<{ keys: { sealed?: string }[] }>('signing_keys');
    const sealed = stored?.value.keys.map((key) => key.sealed !== undefined);
    assert.deepEqual(sealed, [...Array(10).fill(false), true, true]);
  });

  test('A private key is deleted a minute after its last signature', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    await keyring.rotate();
    const sealedKeys = async () => {
      await keyring.refresh();
      const stored = await house.store.documents.get<{ keys: { sealed?: string }[] }>(
        'signing_keys',
      );
      return stored?.value.keys.filter((key) => key.sealed !== undefined).length;
    };
    house.clock.advance(day + minute - 1);
    // The next key's and the current one's, and until then that of the one before.
    assert.equal(await sealedKeys(), 3);
    house.clock.advance(1);
    assert.equal(await sealedKeys(), 2);
    const previous = keyring.snapshot().published.find(({ state }) => state === 'previous');
    assert.ok(previous);
    assert.equal(previous.privateKey, undefined);
  });

  test('Each signing key change is announced once, whichever process made it', async (t) => {
    const house = await openHouse(t);
    const keyrings = await Promise.all(Array.from({ length: 4 }, () => house.started()));
    await Promise.all(keyrings.map((keyring) => keyring.refresh()));
    for (let halfDays = 0; halfDays < 64; halfDays += 1) {
      house.clock.advance(day / 2);
      await Promise.all(keyrings.map((keyring) => keyring.refresh()));
    }
    const [first, second, third] = (await house.keyring().list()).map(({ kid }) => kid);
    assert.deepEqual(
      house.events.map(({ type, kid, reason }) => [type, kid, reason]),
      [
        ['signing_key.created', first, 'initial'],
        ['signing_key.activated', first, 'initial'],
        ['signing_key.created', second, 'scheduled'],
        ['signing_key.activated', second, 'scheduled'],
        ['signing_key.created', third, 'scheduled'],
        ['signing_key.retired', first, 'expired'],
      ],
    );
  });

  test('A new algorithm in the configuration leads to a rotation without a gap', async (t) => {
    const house = await openHouse(t);
    const before = await house.started();
    const first = currentOf(before);
    const after = await house.started({ policy: { algorithm: 'ES256' } });
    await after.refresh();
    assert.equal(currentOf(after), first);
    assert.deepEqual(
      after.snapshot().published.map(({ algorithm }) => algorithm),
      ['EdDSA', 'ES256', 'EdDSA'],
    );
    // The process with the former configuration goes along.
    await before.refresh();
    house.clock.advance(day);
    assert.equal(before.snapshot().current.algorithm, 'ES256');
    assert.equal((await before.list()).length, 3);
    // The key that was to be next never signs, and its time is over with that of the first.
    const standby = (await before.list())[1];
    assert.equal(standby?.signsUntil, before.snapshot().current.activatesAt);
    assert.ok(standby.activatesAt > standby.signsUntil);
    house.clock.advance(hour);
    await after.refresh();
    assert.deepEqual(
      after.snapshot().published.map(({ state, algorithm }) => [state, algorithm]),
      [
        ['current', 'ES256'],
        ['next', 'ES256'],
      ],
    );
  });
});

describe('Signing keys during a store outage', () => {
  test('Signing keys rotate as planned during an outage and agree again afterwards', async (t) => {
    const house = await openHouse(t);
    const lost = await openStore({ url: `sqlite:${house.path}` });
    const cutOff = await house.started({ store: lost });
    const first = currentOf(cutOff);
    const { next } = await cutOff.rotate();
    await lost.close();
    await assert.rejects(cutOff.refresh(), StoreUnavailableError);
    await assert.rejects(cutOff.rotate(), StoreUnavailableError);
    assert.equal(currentOf(cutOff), first);
    house.clock.advance(day);
    assert.equal(currentOf(cutOff), next?.kid);
    assert.equal((await cutOff.freshSnapshot()).current.kid, next?.kid);
    // No further key could be made: the last one goes on signing, past its time.
    house.clock.advance(60 * day);
    assert.equal(currentOf(cutOff), next?.kid);
    const back = await house.started();
    assert.equal(currentOf(back), next?.kid);
  });

  test('A process cannot start during an outage', async (t) => {
    const house = await openHouse(t);
    const lost = await openStore({ url: `sqlite:${house.path}` });
    await lost.close();
    await assert.rejects(house.keyring({ store: lost }).start(), StoreUnavailableError);
  });
});

test('A process that missed its polls reads the store before it answers with a JWKS', async (t) => {
  const house = await openHouse(t);
  const [busy, other] = [await house.started(), house.keyring()];
  house.clock.advance(10 * minute);
  const { next } = await other.rotate();
  const { published } = await busy.freshSnapshot();
  assert.ok(published.some(({ kid }) => kid === next?.kid));
});

test('Listeners hear of every signing key change and of nothing else', async (t) => {
  const house = await openHouse(t);
  const keyring = await house.started();
  await keyring.refresh();
  const heard: string[] = [];
  const stop = keyring.onChange((snapshot) => heard.push(snapshot.version));
  keyring.onChange(() => {
    throw new Error('a listener that fails harms nobody else');
  });
  await keyring.refresh();
  assert.deepEqual(heard, []);
  await keyring.rotate();
  house.clock.advance(day);
  const { version } = keyring.snapshot();
  assert.equal(heard.at(-1), version);
  assert.equal(new Set(heard).size, heard.length);
  stop();
  const before = heard.length;
  await keyring.revoke(currentOf(keyring));
  assert.equal(heard.length, before);
});
