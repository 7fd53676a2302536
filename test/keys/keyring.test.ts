import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CardeaError } from '../../src/errors.ts';
import type { KeyDescription, Keyring } from '../../src/keys/keyring.ts';
import { sign, verify } from '../../src/keys/signer.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { openStore } from '../../src/storage/open.ts';
import { day, hour, minute, openHouse, policy } from './harness.ts';

const currentOf = (keyring: Keyring) => keyring.snapshot().current.kid;
const publishedBy = (keyring: Keyring) => keyring.snapshot().published.map(({ kid }) => kid);
const statesOf = (list: KeyDescription[]) => list.map(({ state }) => state);
const withCode = (code: string) => (error: unknown) =>
  error instanceof CardeaError && error.code === code;

describe('the first key', () => {
  test('signs at once, and what it signed is verified by the published part', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const { current, published } = keyring.snapshot();
    assert.equal(published[0], current);
    const data = Buffer.from('data');
    assert.equal(await verify(current, data, await sign(current, data)), true);
  });

  test('is one, and so is the next, however many processes start at once', async (t) => {
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

  test('is the same after a restart', async (t) => {
    const house = await openHouse(t);
    const before = await house.started();
    await before.close();
    const after = await house.started();
    assert.equal(currentOf(after), currentOf(before));
  });

  test('before it there is no snapshot to sign with', async (t) => {
    const house = await openHouse(t);
    assert.throws(() => house.keyring().snapshot(), withCode('no_signing_key'));
  });
});

describe('rotation on schedule', () => {
  test('the next key is published as soon as the one before it signs, and every process switches with the clock', async (t) => {
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

  test('a key stays published until the last token it signed has expired, plus a minute', async (t) => {
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

  test('tokens that live longer from now on keep their key published longer; shorter ones do not shorten it', async (t) => {
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

  test('a retired key has lost its private part and is still listed, ten of them at most', async (t) => {
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

  test('a private part outlives its last signature by a minute only', async (t) => {
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

  test('each change is told once, whichever process made it', async (t) => {
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

  test('another algorithm in the configuration leads to a rotation, not to a gap', async (t) => {
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

describe('rotation by an operator', () => {
  test('the new key signs as soon as it has been published for publish_ahead', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const first = currentOf(keyring);
    const { rotated, current, next } = await keyring.rotate();
    assert.deepEqual([rotated, current], [true, first]);
    assert.equal(next?.activatesAt, house.clock.now() + day);
    house.clock.advance(day);
    assert.equal(currentOf(keyring), next.kid);
  });

  test('any number of calls at once, by any number of processes, make one rotation', async (t) => {
    const house = await openHouse(t);
    const keyrings = await Promise.all(Array.from({ length: 5 }, () => house.started()));
    const results = await Promise.all(
      [...keyrings, ...keyrings].map((keyring) => keyring.rotate()),
    );
    assert.equal(results.filter(({ rotated }) => rotated).length, 1);
    assert.equal(new Set(results.map(({ next }) => next?.kid)).size, 1);
    assert.equal((await house.keyring().list()).length, 2);
  });

  test('a key that is published long enough already is brought forward, and again only once', async (t) => {
    const house = await openHouse(t);
    const keyrings = await Promise.all(
      Array.from({ length: 3 }, () => house.started({ policy: { publishAheadMs: hour } })),
    );
    const [keyring = house.keyring()] = keyrings;
    house.clock.advance(hour);
    const planned = keyring.snapshot().published[1];
    const results = await Promise.all(keyrings.map((each) => each.rotate()));
    assert.equal(results.filter(({ rotated }) => rotated).length, 1);
    const [first] = results;
    assert.equal(first?.next?.kid, planned?.kid);
    assert.equal(first?.next?.activatesAt, house.clock.now() + 2000);
    assert.equal((await keyring.list()).length, 2);
  });

  test('a command without a running server rotates it too', async (t) => {
    const house = await openHouse(t);
    const server = await house.started();
    const { next } = await house.keyring().rotate({ reason: 'yearly exercise' });
    assert.deepEqual(publishedBy(server), [currentOf(server), next?.kid]);
    house.clock.advance(day);
    await server.refresh();
    assert.equal(currentOf(server), next?.kid);
    const told = { kid: next?.kid, reason: 'yearly exercise' };
    assert.deepEqual(
      house.events.filter(({ reason }) => reason === told.reason),
      [{ type: 'signing_key.activated', ...told }],
    );
  });

  test('a command makes the next key where no server has made one yet', async (t) => {
    const house = await openHouse(t);
    const server = await house.started();
    const operator = house.keyring();
    const { current } = await operator.revoke(currentOf(server));
    const { rotated, next } = await operator.rotate({ reason: 'after the incident' });
    assert.equal(rotated, true);
    assert.equal(next?.activatesAt, house.clock.now() + day);
    await server.refresh();
    assert.deepEqual(publishedBy(server), [current, next?.kid]);
    const created = house.events.filter(({ type }) => type === 'signing_key.created');
    const told = { kid: next?.kid, reason: 'after the incident' };
    assert.deepEqual(created.at(-1), { type: 'signing_key.created', ...told });
  });
});

describe('revocation of a signing key', () => {
  test('the current key is unpublished at once, and the one that verifiers have long had signs at once, on every process', async (t) => {
    const house = await openHouse(t);
    const [a, b] = [await house.started(), await house.started()];
    const compromised = currentOf(a);
    const [, standby] = publishedBy(b);
    house.clock.advance(10 * day);
    const { revoked, current } = await a.revoke(compromised);
    assert.deepEqual([revoked, current], [true, standby]);
    assert.deepEqual(publishedBy(a), [standby]);
    await b.refresh();
    await a.refresh();
    assert.equal(currentOf(b), standby);
    assert.equal(b.snapshot().version, a.snapshot().version);
    // And has a successor of its own, for the time that it signs.
    const [, next, ...others] = b.snapshot().published;
    assert.equal(next?.activatesAt, house.clock.now() + policy.rotateEveryMs);
    assert.deepEqual(others, []);
  });

  test('one after the other: where no next key is there yet, a fresh one signs at once', async (t) => {
    const house = await openHouse(t);
    const [a, b] = [await house.started(), await house.started()];
    const known = publishedBy(a);
    await a.revoke(currentOf(a));
    const { current } = await a.revoke(currentOf(a));
    assert.ok(!known.includes(current));
    assert.deepEqual(publishedBy(a), [current]);
    await b.refresh();
    assert.equal(currentOf(b), current);
  });

  test('a next key takes over also when it was published a moment ago only', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const { next } = await keyring.rotate();
    const { current } = await keyring.revoke(currentOf(keyring));
    assert.equal(current, next?.kid);
    assert.deepEqual(publishedBy(keyring), [next?.kid]);
  });

  test('a next key of an algorithm that is wanted no more does not take over', async (t) => {
    const house = await openHouse(t);
    const before = await house.started();
    const [first = '', standby] = publishedBy(before);
    const after = await house.started({ policy: { algorithm: 'ES256' } });
    const wanted = after.snapshot().published.find(({ algorithm }) => algorithm === 'ES256');
    const { current } = await after.revoke(first);
    assert.equal(current, wanted?.kid);
    house.clock.advance(60 * day);
    await before.refresh();
    assert.notEqual(currentOf(before), standby);
  });

  test('the same again changes nothing; an unknown key is not found', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const kid = currentOf(keyring);
    const { current } = await keyring.revoke(kid);
    assert.deepEqual(await keyring.revoke(kid), { revoked: false, current });
    await assert.rejects(keyring.revoke('unknown'), withCode('not_found'));
    assert.equal((await keyring.list()).length, 2);
  });

  test('calls at once make one replacement', async (t) => {
    const house = await openHouse(t);
    const keyrings = await Promise.all(Array.from({ length: 5 }, () => house.started()));
    const kid = currentOf(keyrings[0] ?? house.keyring());
    const results = await Promise.all(keyrings.map((keyring) => keyring.revoke(kid)));
    assert.equal(results.filter(({ revoked }) => revoked).length, 1);
    assert.equal(new Set(results.map(({ current }) => current)).size, 1);
    assert.equal((await house.keyring().list()).length, 2);
  });

  test('of a previous or next key leaves the current one alone', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const first = currentOf(keyring);
    await keyring.rotate();
    house.clock.advance(day);
    const second = currentOf(keyring);
    const { next } = await keyring.rotate();
    await keyring.revoke(first);
    await keyring.revoke(next?.kid ?? '');
    assert.deepEqual(publishedBy(keyring), [second]);
    await keyring.refresh();
    const { published } = keyring.snapshot();
    assert.deepEqual(
      published.map(({ state }) => state),
      ['current', 'next'],
    );
    assert.equal(published[1]?.activatesAt, house.clock.now() + policy.rotateEveryMs);
  });

  test('a process whose clock is behind signs with the replacement, not with an older key', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    await keyring.rotate();
    house.clock.advance(day + minute);
    const { current } = await keyring.revoke(currentOf(keyring));
    house.clock.advance(-5000);
    assert.equal(currentOf(keyring), current);
  });
});

describe('when the store is lost', () => {
  test('the keys go on as they were planned, and are in step again when it is back', async (t) => {
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

  test('a start is refused', async (t) => {
    const house = await openHouse(t);
    const lost = await openStore({ url: `sqlite:${house.path}` });
    await lost.close();
    await assert.rejects(house.keyring({ store: lost }).start(), StoreUnavailableError);
  });
});

test('a process that was too busy to poll reads before it answers with a JWKS', async (t) => {
  const house = await openHouse(t);
  const [busy, other] = [await house.started(), house.keyring()];
  house.clock.advance(10 * minute);
  const { next } = await other.rotate();
  const { published } = await busy.freshSnapshot();
  assert.ok(published.some(({ kid }) => kid === next?.kid));
});

test('listeners hear of every change, and of none that is none', async (t) => {
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
