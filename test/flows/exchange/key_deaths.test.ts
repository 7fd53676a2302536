/** What was exchanged for an API key dies with it, whichever way the key ends, and with no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { eachEngine } from '../../support/stores.ts';
import { orders } from './configuration.ts';
import { by, refusalOf, sceneOn, tokenOf } from './scene.ts';

const refused = '400 invalid_request';
const making = { ...by, createdBy: 'operator' };

await eachEngine((stores) => {
  const scene = sceneOn(stores);

  const ends: [string, (id: string, key: string) => Promise<unknown>][] = [
    ['by the service', (id) => scene().keys.revoke(id, {}, by)],
    ["at /revoke, by the API's client", (_id, key) => scene().revoke('orders-api', key)],
    ['by rotation without overlap', (id) => scene().keys.rotate(id, { overlap: 0 }, making)],
    ['with everything of its API', () => scene().throwSwitch({ api: orders })],
    ['with everything', () => scene().throwSwitch({ everything: true })],
  ];
  for (const [how, end] of ends) {
    test(`A token of an API key revoked ${how} is refused on the other node at once, and its status bit is set`, async () => {
      const { newKey, exchangeKey, exchange, assertAlive, assertDead } = scene();
      const { id, key } = await newKey();
      const token = tokenOf(await exchangeKey(key));
      const further = tokenOf(await exchange('orders-api', token));
      const last = tokenOf(await exchange('orders-api', further, { resource: orders }));
      await assertAlive(token);
      await assertAlive(last);
      await end(id, key);
      await assertDead(token);
      await assertDead(further);
      await assertDead(last);
    });
  }

  test('Only those who may revoke an API key can end its tokens', async () => {
    const { newKey, exchangeKey, revoke, assertAlive } = scene();
    const { key } = await newKey();
    const token = tokenOf(await exchangeKey(key));
    for (const client of ['job', 'stock-api']) {
      assert.equal((await revoke(client, key)).body.revoked, false);
      assert.equal((await revoke(client, token)).body.revoked, false);
    }
    await assertAlive(token);
  });

  test('Disabling an API key ends its tokens for good, and enabling it allows new ones', async () => {
    const { newKey, exchangeKey, keys, assertAlive, assertDead } = scene();
    const { id, key } = await newKey();
    for (let round = 0; round < 3; round += 1) {
      const token = tokenOf(await exchangeKey(key));
      await assertAlive(token);
      await keys.disable(id, by);
      await assertDead(token);
      assert.equal(refusalOf(await exchangeKey(key)), refused);
      await keys.enable(id, by);
      assert.equal(await scene().isActive(token), false);
      await assertAlive(tokenOf(await exchangeKey(key)));
    }
  });

  test('An API key that loses scopes ends the tokens that still have them', async () => {
    const { newKey, exchangeKey, keys, assertDead } = scene();
    const { id, key } = await newKey();
    const token = tokenOf(await exchangeKey(key));
    await keys.update(id, { scopes: ['orders:read'] }, by);
    await assertDead(token);
    assert.equal((await exchangeKey(key)).body.scope, 'orders:read');
  });

  test('An API key with changed networks ends the tokens that name the old ones', async () => {
    const { newKey, exchangeKey, keys, assertAlive, assertDead } = scene();
    const { id, key } = await newKey({ allow_ips: ['127.0.0.0/8'] });
    const bystander = tokenOf(await exchangeKey((await newKey()).key));
    const token = tokenOf(await exchangeKey(key));
    await keys.update(id, { allow_ips: ['127.0.0.1'] }, by);
    await assertDead(token);
    await assertAlive(bystander);
  });

  test('A project that loses scopes ends the tokens that still have them', async () => {
    const { newKey, exchangeKey, projects, assertAlive, assertDead } = scene();
    const { id: project_id } = await projects.create({ name: 'Narrowed', api: orders }, by);
    const { key } = await newKey({ project_id });
    const bystander = tokenOf(await exchangeKey((await newKey()).key));
    const token = tokenOf(await exchangeKey(key));
    await projects.update(project_id, { tier: null }, by);
    await assertAlive(token);
    await projects.update(project_id, { scopes: ['orders:read'] }, by);
    await assertDead(token);
    assert.equal((await exchangeKey(key)).body.scope, 'orders:read');
    await assertAlive(bystander);
  });

  const shortenings: [string, (id: string, seconds: number) => Promise<unknown>][] = [
    [
      'by a change',
      (id, seconds) => {
        const expires_at = new Date(Date.now() + seconds * 1000).toISOString();
        return scene().keys.update(id, { expires_at }, by);
      },
    ],
    ['by rotation', (id, seconds) => scene().keys.rotate(id, { overlap: seconds }, making)],
  ];
  for (const [how, endIn] of shortenings) {
    test(`No token outlives an API key whose end was moved forward ${how}`, async () => {
      const { newKey, exchangeKey, assertAlive, assertDead } = scene();
      const [soon, late] = [await newKey(), await newKey()];
      const token = tokenOf(await exchangeKey(soon.key));
      const bystander = tokenOf(await exchangeKey(late.key));
      await endIn(soon.id, 120);
      await endIn(late.id, 3600);
      await assertDead(token);
      await assertAlive(bystander);
      const { exp = 0 } = decodeJwt(tokenOf(await exchangeKey(soon.key)));
      // A rotated key ends at the whole second after its overlap.
      assert.ok(exp * 1000 < Date.now() + 121_000);
    });
  }

  test('Each API key of a rotation has its own tokens, which end with that key alone', async () => {
    const { newKey, exchangeKey, keys, assertAlive, assertDead } = scene();
    const old = await newKey();
    const { successor, key } = await keys.rotate(old.id, { overlap: 3600 }, making);
    const [before, after] = [tokenOf(await exchangeKey(old.key)), tokenOf(await exchangeKey(key))];
    assert.equal(decodeJwt(after).client_id, successor.id);
    await keys.revoke(old.id, {}, by);
    await assertDead(before);
    await assertAlive(after);
  });

  test("A user's API key ends when the user is revoked or disabled", async () => {
    const { newKey, exchangeKey, store, throwSwitch, isActive, assertDead, assertAlive } = scene();
    const bob = await store.users.findByUsername('bob');
    assert.ok(bob);
    const { key } = await newKey({ user_id: bob.id, scopes: ['orders:read'] });
    const bystander = tokenOf(await exchangeKey((await newKey()).key));
    const token = tokenOf(await exchangeKey(key));
    assert.equal(decodeJwt(token).sub, bob.id);
    await throwSwitch({ accountId: bob.id });
    await assertDead(token);
    const next = tokenOf(await exchangeKey(key));
    await store.users.update({ ...bob, disabledAt: Date.now(), version: bob.version + 1 });
    assert.equal(await isActive(next), false, 'by a request that was under way');
    await throwSwitch({ accountId: bob.id });
    await assertDead(next);
    assert.equal(refusalOf(await exchangeKey(key)), refused);
    await assertAlive(bystander);
  });

  test('Revoking a project ends the tokens of all its API keys so far, and no others', async () => {
    const { newKey, exchangeKey, store, throwSwitch, assertDead, assertAlive } = scene();
    const now = Date.now();
    const project_id = 'enders';
    await store.projects.create({
      ...{ id: project_id, name: 'Enders', api: orders, memberIds: [] },
      ...{ createdAt: now, updatedAt: now, version: 1 },
    });
    const keys = [await newKey({ project_id }), await newKey({ project_id })];
    const bystander = tokenOf(await exchangeKey((await newKey()).key));
    const tokens = [];
    for (const { key } of keys) tokens.push(tokenOf(await exchangeKey(key)));
    await throwSwitch({ tokensOfProject: project_id });
    for (const token of tokens) await assertDead(token);
    for (const { key } of keys) await assertAlive(tokenOf(await exchangeKey(key)));
    await assertAlive(bystander);
  });

  test('The tokens of a disabled project are refused by its API, and so are tokens exchanged for them', async () => {
    const { newKey, exchangeKey, exchange, store, isActive, atGateway } = scene();
    const { projectChanged } = scene();
    const now = Date.now();
    const project = {
      ...{ id: 'leavers', name: 'Leavers', api: orders, memberIds: [] },
      ...{ createdAt: now, updatedAt: now, version: 1 },
    };
    await store.projects.create(project);
    const { key } = await newKey({ project_id: project.id });
    const token = tokenOf(await exchangeKey(key));
    const further = tokenOf(await exchange('orders-api', token));
    for (const made of [token, further]) {
      assert.equal(await isActive(made), true);
      assert.equal(await atGateway(made), 200);
    }
    // Without what disabling revokes: a token may have been made in that moment.
    await store.projects.update({ ...project, disabledAt: now, version: 2 });
    await projectChanged(project.id);
    for (const made of [token, further]) {
      assert.equal(await isActive(made), false);
      assert.equal(await atGateway(made), 401);
    }
  });
});
