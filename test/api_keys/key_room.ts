/**
 * The rooms of API keys and projects on a store, as a process of its own has them, with a clock that the test
 * moves and a store that can be made to fail at a certain write, as if the process died there.
 */
import assert from 'node:assert/strict';
import { InvalidFieldsError } from '../../src/input_check.ts';
import type { Store } from '../../src/storage/store.ts';
import { keyRoomsOn } from '../support/key_rooms.ts';
import { createAuditTrail, createMovableClock } from '../support/rooms.ts';

export const orders = 'https://orders.example';
export const billing = 'https://billing.example';
export const by = { actor: 'operator' };
export const making = { ...by, createdBy: 'operator' };

const apis = [
  {
    identifier: orders,
    name: 'Orders',
    scopes: { 'orders:read': 'See', 'orders:write': 'Change' },
    user_key_scopes: ['orders:read'],
  },
  { identifier: billing, name: 'Billing', scopes: { 'bills:read': 'See' } },
];

export class Died extends Error {}

/** The store until its write of this number (from 1), which fails, as do all that follow. */
export function dyingAt(store: Store, write: number): Store {
  let count = 0;
  const writes = new Set(['create', 'update', 'remove', 'put', 'insert', 'finish']);
  const dying = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function' || !writes.has(String(name))) return method;
        return async (...words: unknown[]) => {
          count += 1;
          if (count >= write) throw new Died(`at write ${count}`);
          return method.apply(target, words);
        };
      },
    });
  const { apiKeys, artifacts, revocations, projects } = store;
  return {
    ...store,
    apiKeys: dying(apiKeys),
    artifacts: dying(artifacts),
    revocations: dying(revocations),
    projects: dying(projects),
  };
}

export function createKeyRoom(
  store: Store,
  {
    configuration = {},
    clock = createMovableClock(),
  }: { configuration?: object; clock?: ReturnType<typeof createMovableClock> } = {},
) {
  const declared = {
    apis,
    api_keys: { prefix: 'acme', tiers: { free: { requests_per_minute: 10 } }, ...configuration },
  };
  const audit = createAuditTrail();
  return { store, clock, audit, ...keyRoomsOn(store, { declared, audit, clock }) };
}

export type KeyRoom = ReturnType<typeof createKeyRoom>;

/** A project and what a key of it needs. */
export async function projectFor(room: KeyRoom, fields: object = {}) {
  const { id } = await room.projects.create({ name: 'Team', api: orders, ...fields }, by);
  return { name: 'ci', api: orders, project_id: id, scopes: ['orders:read'] };
}

export async function addUser({ store, clock }: KeyRoom, id: string, disabledAt?: number) {
  const now = clock.now();
  await store.users.create({
    ...{ id, username: id, emailVerified: false, claims: {}, roles: [], disabledAt },
    ...{ createdAt: now, updatedAt: now, version: 1 },
  });
}

/** What is wrong, by pointer. */
export async function pointersOf(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InvalidFieldsError, String(error));
  assert.equal(error.status, 400);
  return error.errors.map(({ pointer }) => pointer);
}

/** As JSON has it: what is undefined is absent. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** For `assert.rejects`. */
export function codeOf(code: string) {
  return (error: { code?: string }) => error.code === code;
}
