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

describe('Signing key rotation by an operator', () => {
  test('The new signing key signs once it has been published for publish_ahead', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const first = currentOf(keyring);
    const { rotated, current, next } = await keyring.rotate();
    assert.deepEqual([rotated, current], [true, first]);
    assert.equal(next?.activatesAt, house.clock.now() + day);
    house.clock.advance(day);
    assert.equal(currentOf(keyring), next.kid);
  });

  test('Any number of simultaneous calls, in any number of processes, cause one rotation', async (t) => {
    const house = await openHouse(t);
    const keyrings = await Promise.all(Array.from({ length: 5 }, () => house.started()));
    const results = await Promise.all(
      [...keyrings, ...keyrings].map((keyring) => keyring.rotate()),
    );
    assert.equal(results.filter(({ rotated }) => rotated).length, 1);
    assert.equal(new Set(results.map(({ next }) => next?.kid)).size, 1);
    assert.equal((await house.keyring().list()).length, 2);
  });

  test('A signing key that has been published long enough is brought forward, and only once', async (t) => {
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

  test('A command rotates the signing key without a running server', async (t) => {
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
      [
        { type: 'signing_key.advanced', ...told },
        { type: 'signing_key.activated', ...told },
      ],
    );
  });

  test('A command creates the next signing key where no server has created one', async (t) => {
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

describe('Signing key revocation', () => {
  test('Revoking the current signing key unpublishes it at once, and the next one signs at once on every process', async (t) => {
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

  test('A second revocation without a next signing key makes a fresh one sign at once', async (t) => {
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

  test('A next signing key takes over even if it was published only a moment ago', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const { next } = await keyring.rotate();
    const { current } = await keyring.revoke(currentOf(keyring));
    assert.equal(current, next?.kid);
    assert.deepEqual(publishedBy(keyring), [next?.kid]);
  });

  test('A next signing key with an outdated algorithm does not take over', async (t) => {
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

  test('A repeated revocation changes nothing, and an unknown signing key is not found', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    const kid = currentOf(keyring);
    const { current } = await keyring.revoke(kid);
    assert.deepEqual(await keyring.revoke(kid), { revoked: false, current });
    await assert.rejects(keyring.revoke('unknown'), withCode('not_found'));
    assert.equal((await keyring.list()).length, 2);
  });

  test('Simultaneous revocations create one replacement', async (t) => {
    const house = await openHouse(t);
    const keyrings = await Promise.all(Array.from({ length: 5 }, () => house.started()));
    const kid = currentOf(keyrings[0] ?? house.keyring());
    const results = await Promise.all(keyrings.map((keyring) => keyring.revoke(kid)));
    assert.equal(results.filter(({ revoked }) => revoked).length, 1);
    assert.equal(new Set(results.map(({ current }) => current)).size, 1);
    assert.equal((await house.keyring().list()).length, 2);
  });

  test('Revoking a previous or next signing key leaves the current one alone', async (t) => {
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

  test('A process whose clock is behind signs with the replacement, not with an older signing key', async (t) => {
    const house = await openHouse(t);
    const keyring = await house.started();
    await keyring.rotate();
    house.clock.advance(day + minute);
    const { current } = await keyring.revoke(currentOf(keyring));
    house.clock.advance(-5000);
    assert.equal(currentOf(keyring), current);
  });
});
