/** What an operator orders of a keyring: another key at a time of their choice, or the end of one at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
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
