/** What a start does with the declarative file: what it sets back, what was taken out, and files of different age. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { createApis } from '../../src/apis/service.ts';
import { createClients } from '../../src/clients/service.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { applyDeclaration } from '../../src/declaration/apply_declaration.ts';
import { readDeclarationRecord } from '../../src/declaration/declaration_record.ts';
import { createOperators } from '../../src/operators/service.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { createUsers } from '../../src/users/service.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
import { standardScopes, testAudit } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';

const passwords = createPasswords({ log: { error: () => {} } });
after(() => passwords.close());

const password = 'a password of the file';
const client = (client_id: string) => ({
  ...{ client_id, client_secret: `the-declared-secret-of-${client_id}-for-tests` },
  grant_types: ['client_credentials'],
});
const both = {
  users: [{ username: 'alice', password }, { username: 'bob' }],
  clients: [client('job'), client('other-job')],
};
const fewer = { users: [both.users[0]], clients: [both.clients[0]] };
const disable = { declaration: { remove: 'disable' } };

await eachEngine((stores) => {
  let store: Store;
  let rooms: ReturnType<typeof roomsOn>;
  let said: { level: string; fields: Record<string, unknown>; message: string }[];

  const roomsOn = (on: Store) => {
    const audit = testAudit(on, clock);
    const { killSwitches, announce } = killSwitchesOn(on, { declared: {}, audit, clock });
    const shared = { killSwitches, clock, audit };
    const { documents, users, projects } = on;
    const operators = createOperators({ documents, users, projects, announce, audit, clock });
    return {
      operators,
      users: createUsers({
        ...{ store: users, passwords, scopes: standardScopes, ...shared },
        userEnds: operators.userEnds,
      }),
      clients: createClients({ store: on.clients, announce, ...shared }),
      apis: createApis({
        ...{ store: on.apis, documents: on.documents, announce, ...shared },
        declaration: { apis: [], scopes: [] },
        requireNotManaged: () => {},
        clientExists: async () => true,
        projectExists: async () => true,
        refresh: async () => {},
      }),
    };
  };
  const start = async (file: object, { now = clock.now } = {}) => {
    said = [];
    const at = (level: string) => (fields: object, message: string) =>
      said.push({ level, fields: { ...fields }, message });
    await applyDeclaration({
      ...{ ...rooms, clock: { now }, documents: store.documents, digestKeys: [Buffer.alloc(32)] },
      declaration: declarationSchema.parse(file),
      log: { info: at('info'), warn: at('warn') },
    });
  };
  const saidOf = (pattern: RegExp) => said.find(({ message }) => pattern.test(message))?.fields;
  const isDisabled = async (username: string) =>
    (await rooms.users.findByUsername(username))?.disabledAt !== undefined;

  beforeEach(async () => {
    await store?.close();
    store = await openStore({ url: await stores.freshUrl() });
    rooms = roomsOn(store);
  });
  after(() => store.close());

  test('A record changed by hand is reported when the file restores it, and a restored password ends sessions', async () => {
    await start(both);
    await start(both);
    assert.deepEqual(said, []);
    const { id = '' } = (await rooms.users.findByUsername('alice')) ?? {};
    await rooms.users.setPassword(id, 'a password by command');
    await rooms.clients.update('job', { client_name: 'By command' });
    await start(both);
    assert.deepEqual(saidOf(/reverted/), { users: 'alice', clients: 'job' });
    assert.ok(await rooms.users.authenticate('alice', password));
    const events = await store.audit.list({ limit: 9, type: 'revocation.user', userId: id });
    assert.deepEqual(
      events.map(({ actor, details }) => [actor, details?.reason]),
      [
        ['file', 'user.password_changed'],
        ['system', 'user.password_changed'],
      ],
    );
  });

  test('A user who had a name before the file did is told of once, as the name may have a role in the file', async () => {
    await rooms.users.create({ username: 'bob' });
    const later = { now: () => clock.now() + 120_000 };
    const file = {
      users: [
        { username: 'alice', password },
        { username: 'bob', operator: 'owner' },
      ],
    };
    await start(file, later);
    assert.deepEqual(saidOf(/were there before/), { users: 'bob' });
    await start(file, later);
    assert.equal(saidOf(/were there before/), undefined);
    await start(fewer, later);
    await start(file, later);
    assert.equal(saidOf(/were there before/), undefined);
  });

  test('A record removed from the file is kept and reported at each start until it is deleted', async () => {
    await start(both);
    for (const _start of [1, 2]) {
      await start(fewer);
      assert.deepEqual(saidOf(/still in use/), { users: 'bob', clients: 'other-job' });
    }
    assert.equal(await isDisabled('bob'), false);
    const { id = '' } = (await rooms.users.findByUsername('bob')) ?? {};
    await rooms.users.remove(id);
    await rooms.clients.disable('other-job');
    await start(fewer);
    assert.equal(saidOf(/still in use/), undefined);
    const { removed } = await readDeclarationRecord(store.documents);
    assert.deepEqual(
      removed.map(({ name }) => name),
      ['other-job'],
    );
  });

  test('A record removed from the file is disabled, with all its tokens, once, if the file asks for it', async () => {
    await start({ ...both, ...disable });
    await start({ ...fewer, ...disable });
    assert.deepEqual(saidOf(/and disabled/), { users: 'bob', clients: 'other-job' });
    const { id = '' } = (await rooms.users.findByUsername('bob')) ?? {};
    const events = await store.audit.list({ limit: 9, type: 'revocation.user', userId: id });
    assert.equal(events.length, 1);
    assert.ok((await rooms.clients.find('other-job'))?.disabledAt);
    // What somebody decides afterwards stays.
    await rooms.users.enable(id);
    await start({ ...fewer, ...disable });
    assert.equal(await isDisabled('bob'), false);
  });

  test('An API that left the file stays, or is disabled with its tokens, and one that the file declares is taken over', async () => {
    const [kept, gone] = ['https://kept.example', 'https://gone.example'];
    const by = { actor: 'operator' };
    const find = (identifier: string) => rooms.apis.find(identifier);
    await rooms.apis.create(
      { identifier: gone, name: 'Made', aliases: ['urn:one', 'urn:two'] },
      by,
    );
    await start({ apis: [{ identifier: kept, name: 'Kept', aliases: ['urn:two'] }] });
    assert.deepEqual(saidOf(/lost aliases/), { apis: gone });
    assert.deepEqual((await find(gone))?.aliases, ['urn:one']);
    const declared = [kept, gone].map((identifier) => ({ identifier, name: 'Declared' }));
    await start({ apis: declared });
    assert.deepEqual(saidOf(/took over/), { apis: gone });
    assert.deepEqual((await find(gone))?.members.name, 'Declared');
    await start({ apis: declared });
    assert.deepEqual(said, []);
    await start({ apis: declared.slice(0, 1) });
    assert.deepEqual(saidOf(/still in use/), { apis: gone });
    assert.equal((await find(gone))?.disabledAt, undefined);
    await start({ apis: declared.slice(0, 1), ...disable });
    assert.deepEqual(saidOf(/and disabled/), { apis: gone });
    assert.ok((await find(gone))?.disabledAt);
  });

  test('A node with an outdated file removes nothing, whichever node starts last', async () => {
    const old = { ...fewer, ...disable };
    const newer = { ...both, ...disable };
    await start(old);
    await start(newer);
    for (const _restart of [1, 2]) {
      await start(old);
      assert.ok(saidOf(/was already replaced by another/));
      assert.equal(await isDisabled('bob'), false);
      await start(newer);
      assert.equal(await isDisabled('bob'), false);
    }
    // And what a newer file took out stays out.
    const newest = { ...old, sign_in: { attempts_per_account: '9/15m' } };
    await start(newest);
    assert.equal(await isDisabled('bob'), true);
    await start(newer);
    assert.equal(await isDisabled('bob'), true);
  });

  test('Claims that no scope releases are reported without failing the start', async () => {
    await start({ users: [{ username: 'carol', claims: { groups: ['dev'], name: 'Carol' } }] });
    assert.deepEqual(saidOf(/no scope releases/), { user: 'carol', claims: 'groups' });
  });
});
