/**
 * kill -9 between the steps of a kill switch: what was answered is complete, what was marked takes effect at
 * once and is finished by whoever comes next, and all of it is on record once.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '../../../src/clock.ts';
import { randomId } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createResumption } from '../../../src/tokens/revocation/resumption.ts';
import {
  createRevocations,
  type RevocationTarget,
} from '../../../src/tokens/revocation/revocations.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration } from './configuration.ts';
import { createOperator } from './operator.ts';

const program = fileURLToPath(new URL('./dying_operator.ts', import.meta.url));
const hour = 3_600_000;
/** Who lives longer is told to end (SIGTERM), and fails its test. */
const longestLifeMs = 30_000;
/** A switch that takes more has changed, and so must its test. */
const mostOperations = 20;

/** What it came to before it died. */
async function throwAndDie(url: string, target: object, operation: number): Promise<string> {
  const words = [program, url, JSON.stringify(target), String(operation)];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestLifeMs,
  });
  let output = '';
  let complaint = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const { promise, resolve } = Promise.withResolvers<string | null>();
  child.once('close', (_code, signal) => resolve(signal));
  assert.equal(await promise, 'SIGKILL', complaint);
  return output.trim();
}

await eachEngine((stores) => {
  let url: string;
  let store: Store;
  let other: Store;
  before(async () => {
    url = await stores.freshUrl();
    await (await startTestServer({ store: url, declaration })).close();
    [store, other] = await Promise.all([openStore({ url }), openStore({ url })]);
  });
  after(() => Promise.all([store.close(), other.close()]));

  /** A user who holds a refresh token and a JWT. */
  const newUser = async () => {
    const accountId = `user-${randomId()}`;
    const asOf = await store.revocations.sequence();
    const links = { accountId, clientId: 'app', grantId: accountId };
    const expiresAt = Date.now() + hour;
    await store.artifacts.put({
      ...{ kind: 'RefreshToken', id: accountId, ...links, expiresAt },
      payload: { as_of: asOf, signed_in_as_of: asOf, iat: 1 },
    });
    await store.statusRanges.add({
      ...{ list: accountId, first: 0, count: 1, issuedFrom: 1, perSecond: 1, asOf, expiresAt },
      ...{ clientId: 'app', api: 'a', keyId: 'k', userId: accountId, grantId: accountId },
    });
    const isAlive = async () =>
      !(await createRevocations({
        ...{ markers: store.revocations, artifacts: store.artifacts, clock },
      }).isRevoked({ accountId, asOf, signedInAsOf: asOf }));
    const events = async () => {
      const all = await store.audit.list({ limit: 1000, type: 'revocation.everything' });
      return all.filter(({ details }) => details?.reason === 'before the end');
    };
    return {
      ...{ target: { accountId } satisfies RevocationTarget, isAlive, events },
      record: () => store.artifacts.find('RefreshToken', accountId, Date.now()),
    };
  };
  /** An API with three tokens of people and a block of a service, from one lease. */
  const newApi = async () => {
    const api = `https://${randomId()}.example`;
    const asOf = await store.revocations.sequence();
    const expiresAt = Date.now() + hour;
    const issued = { list: api, issuedFrom: 1, perSecond: 1, asOf, expiresAt, api, keyId: 'k' };
    const { perSecond: _one, ...leased } = { ...issued, first: 0, count: 256, issuedUntil: 2 };
    await store.statusLeases.add(leased);
    for (const first of [0, 1, 2]) {
      await store.statusRanges.add({ ...issued, first, count: 1, clientId: 'app', userId: 'u' });
    }
    await store.statusRanges.add({ ...issued, first: 3, count: 8, clientId: 'service' });
    const { revocations: markers, artifacts } = store;
    const revocations = createRevocations({ markers, artifacts, clock });
    const recorded = () => store.audit.list({ limit: 1000, type: 'revocation.everything' });
    const before = new Set((await recorded()).map(({ id }) => id));
    return {
      target: { api },
      isAlive: async () => !(await revocations.isRevoked({ api, asOf })),
      events: async () => (await recorded()).filter(({ id }) => !before.has(id)),
    };
  };
  /** What a process leaves that died after its first step; answers the id of its event. */
  const leave = async (target: RevocationTarget, more?: { again: true }) => {
    const revocations = createRevocations({
      ...{ markers: store.revocations, artifacts: store.artifacts, clock },
    });
    const order = { type: 'revocation.everything', outcome: 'success' };
    const event = { id: randomId(), at: Date.now(), ...order };
    await revocations.mark(target, JSON.stringify({ target, event, ...more }));
    return event.id;
  };
  const operators = () => [createOperator(store, declaration), createOperator(other, declaration)];

  test('A recorded kill switch is completed once by any number of nodes, whatever step its process dies after', async () => {
    let died = 0;
    for (let operation = 1, answered = false; !answered; operation += 1) {
      assert.ok(operation < mostOperations);
      const user = await newUser();
      const earlier = (await user.events()).length;
      answered = (await throwAndDie(url, user.target, operation)) !== '';
      assert.equal(await user.isAlive(), false, `${operation}`);
      if (answered) {
        assert.equal(await user.record(), undefined);
        assert.equal((await user.events()).length, earlier + 1);
        assert.deepEqual(await store.revocations.unfinished(10), []);
      } else died += 1;
      await Promise.all(operators().map(({ killSwitches }) => killSwitches.resume(0)));
      assert.equal(await user.record(), undefined, `${operation}`);
      const [event] = await user.events();
      assert.equal((await user.events()).length, earlier + 1, `${operation}`);
      assert.equal(event?.details?.tokens, 1);
      assert.equal(event?.actor, 'operator');
      assert.deepEqual(await store.revocations.unfinished(10), []);
      for (const { killSwitches } of operators()) assert.equal(await killSwitches.resume(0), 0);
      assert.equal((await user.events()).length, earlier + 1);
    }
    // At least: mark, count, sweep, record, finish.
    assert.ok(died >= 5, String(died));
  });

  test('A kill switch of an API is acknowledged before its tokens are counted, and these are counted once, whatever step its process dies after', async () => {
    const said = new Set<string>();
    for (let operation = 1; !said.has('acknowledged finished'); operation += 1) {
      assert.ok(operation < mostOperations);
      const { target, isAlive, events } = await newApi();
      said.add(await throwAndDie(url, target, operation));
      assert.equal(await isAlive(), false, `${operation}`);
      const nodes = operators();
      await Promise.all(nodes.map(({ killSwitches }) => killSwitches.resume(0)));
      const [event, ...others] = await events();
      assert.deepEqual(others, [], `${operation}`);
      const { tokens, client_blocks } = event?.details ?? {};
      assert.deepEqual([tokens, client_blocks], [3, 1], `${operation}`);
      assert.deepEqual(await store.revocations.unfinished(10), []);
      for (const { killSwitches } of nodes) assert.equal(await killSwitches.resume(0), 0);
      assert.equal((await events()).length, 1);
    }
    assert.deepEqual(said, new Set(['', 'acknowledged', 'acknowledged finished']));
  });

  test('A revoked signing key leaves the JWKS, whatever step its revocation dies after', async () => {
    const { keyrings } = createOperator(store, declaration);
    const [keyring] = keyrings;
    const find = async (kid: string) => (await keyring.list()).find((key) => key.kid === kid);
    // The first after the marker; one amid the change of the keyset; one after it.
    for (const operation of [1, 4, 6]) {
      const current = (await keyring.list()).find(({ state }) => state === 'current');
      const kid = current?.kid ?? '';
      assert.equal(await throwAndDie(url, { keyId: kid }, operation), '');
      assert.equal((await store.revocations.find([`key:${kid}`], Date.now())).length, 1);
      await Promise.all(operators().map(({ killSwitches }) => killSwitches.resume(0)));
      assert.notEqual((await find(kid))?.revokedAt, undefined, `${operation}`);
      assert.deepEqual(await store.revocations.unfinished(10), []);
      const keys = await keyring.list();
      assert.equal(keys.filter(({ state }) => state === 'current').length, 1);
    }
  });

  test('An unfinished kill switch is completed by the next start of a node or by a running node', async () => {
    const first = await newUser();
    await leave(first.target);
    assert.ok(await first.record());
    const node = await startTestServer({ store: url, declaration });
    assert.equal(await first.record(), undefined);
    assert.deepEqual(await store.revocations.unfinished(10), []);
    await node.close();

    const [operator] = operators();
    assert.ok(operator);
    let failure: unknown;
    const warn = (fields: object) => {
      failure = fields;
    };
    const resumption = createResumption({
      ...{ resumers: [operator.killSwitches.resume], leaveAloneMs: 0, everyMs: 50 },
      clock,
      log: { info: () => {}, warn },
    });
    await resumption.start();
    const second = await newUser();
    await leave(second.target);
    while ((await store.revocations.unfinished(10)).length > 0) {
      assert.equal(failure, undefined);
      await sleep(20);
    }
    await resumption.stop();
    assert.equal(await second.record(), undefined);
  });

  test('An unfinished kill switch that puts a second marker is completed by the next start of a node', async (t) => {
    const user = await newUser();
    const event = await leave(user.target, { again: true });
    const node = await startTestServer({ store: url, declaration });
    t.after(node.close);
    assert.deepEqual(await store.revocations.unfinished(10), []);
    assert.equal(await user.record(), undefined);
    assert.ok((await store.audit.list({ limit: 1000 })).some(({ id }) => id === event));
    assert.doesNotMatch(node.logged(), /could not be resumed/);
  });

  test('A later revocation of the same target does not cancel an unfinished one', async () => {
    const [operator] = operators();
    assert.ok(operator);
    const { target, record } = await newUser();
    const left = [await leave(target), await leave(target)];
    await createRevocations({
      ...{ markers: store.revocations, artifacts: store.artifacts, clock },
    }).revoke(target);
    left.push(await leave(target));
    await operator.killSwitches.throwSwitch(target, { type: 'revocation.everything' });
    const recorded = async () => {
      const ids = (await store.audit.list({ limit: 1000 })).map(({ id }) => id);
      return left.map((id) => ids.filter((other) => other === id).length);
    };
    assert.deepEqual(await recorded(), [0, 0, 0]);
    assert.equal(await operator.killSwitches.resume(0), 3);
    assert.deepEqual(await recorded(), [1, 1, 1]);
    assert.deepEqual(await store.revocations.unfinished(10), []);
    assert.equal(await record(), undefined);
  });

  test('A kill switch that another process is still working on is left alone', async () => {
    const [operator] = operators();
    const user = await newUser();
    await leave(user.target);
    assert.equal(await operator?.killSwitches.resume(hour), 0);
    assert.ok(await user.record());
    assert.equal(await operator?.killSwitches.resume(0), 1);
  });

  test('A kill switch that cannot be completed does not hold up the others', async () => {
    const [operator] = operators();
    const user = await newUser();
    // Of a version that knew another kind of work.
    const stuck = { target: null, event: { at: 0 } };
    const sequence = await store.revocations.put({
      ...{ key: 'user:stuck', work: JSON.stringify(stuck), expiresAt: Date.now() + hour },
    });
    await leave(user.target);
    await assert.rejects(operator?.killSwitches.resume(0) ?? Promise.resolve(), TypeError);
    assert.equal(await user.record(), undefined);
    const left = await store.revocations.unfinished(10);
    assert.deepEqual(
      left.map(({ key }) => key),
      ['user:stuck'],
    );
    await store.revocations.finish('user:stuck', sequence);
  });

  test('A stored token is refused as soon as its revocation marker is written, even if its record remains', async () => {
    const id = randomId();
    const expiresAt = Date.now() + hour;
    const record = { kind: 'AccessToken', id };
    await leave({ record, expiresAt });
    const revocations = createRevocations({
      ...{ markers: store.revocations, artifacts: store.artifacts, clock },
    });
    assert.equal(
      await revocations.isRevoked({ recordId: id, asOf: Number.POSITIVE_INFINITY }),
      true,
    );
    await createOperator(store, declaration).killSwitches.resume(0);
  });
});
