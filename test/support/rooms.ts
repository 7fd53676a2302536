/**
 * What a room's test needs: a store of its own that goes away after the test, a clock that the test moves,
 * and an audit trail that can be read back.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '../../src/audit/events.ts';
import { createAudit, createRecordedChanges } from '../../src/audit/room.ts';
import type { Clock } from '../../src/clock.ts';
import { randomId } from '../../src/digests.ts';
import { createPersonScopes } from '../../src/scopes/room.ts';
import type { AuditChain } from '../../src/storage/audit_chains.ts';
import type { AuditEvent } from '../../src/storage/audit_events.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';

/** Opens `count` stores on one new database, as several processes would. */
export async function openTestStores(
  t: { after(cleanUp: () => Promise<void>): void },
  count: number,
): Promise<Store[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-room-'));
  const url = `sqlite:${join(folder, 'cardea.db')}`;
  const stores: Store[] = [];
  t.after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await rm(folder, { recursive: true });
  });
  for (let index = 0; index < count; index += 1) stores.push(await openStore({ url }));
  return stores;
}

export async function openTestStore(t: {
  after(cleanUp: () => Promise<void>): void;
}): Promise<Store> {
  const [store] = await openTestStores(t, 1);
  if (!store) throw new Error('no store');
  return store;
}

/** Those of a file that declares none. */
export const standardScopes = createPersonScopes({ scopes: [], apis: [] });

export type MovableClock = Clock & { advance(ms: number): void };

export function createMovableClock(start = 1_700_000_000_000): MovableClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

/** What links audit events in tests that do not read the links. */
export function testChain() {
  let position = 0;
  const register = {
    async begin(at: number): Promise<AuditChain> {
      position += 1;
      const head = { key: 'test', startedAt: at, number: 0, latest: at, last: '', seal: '' };
      return { id: `chain-${position}`, position, ...head };
    },
    async advance() {},
  };
  return { register, key: { id: 'test', key: Buffer.alloc(32, 1) } };
}

/** An audit trail on the store. */
export function testAudit(store: Pick<Store, 'audit'>, clock: Clock) {
  const log = { error: () => {} };
  const audit = createAudit({ store: store.audit, ...testChain(), clock, log });
  const { record } = audit;
  const { resume: _, ...changes } = createRecordedChanges({ record, store: store.audit, clock });
  return { ...audit, ...changes };
}

export function createAuditTrail() {
  const events: AuditRecord[] = [];
  const recordChanges = async (
    given: readonly AuditRecord[],
    change: (kept: AuditEvent[]) => Promise<boolean>,
  ) => {
    const isMade = await change(given.map((event) => ({ id: randomId(), at: 0, ...event })));
    if (isMade) events.push(...given);
    return isMade;
  };
  return {
    events,
    types: () => events.map((event) => event.type),
    async record(event: AuditRecord) {
      events.push(event);
    },
    recordChanges,
    recordChange: (event: AuditRecord, change: (kept: AuditEvent) => Promise<boolean>) =>
      recordChanges([event], ([kept]) => change(kept as AuditEvent)),
  };
}
