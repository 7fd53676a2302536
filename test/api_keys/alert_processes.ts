/** Processes that watch how a key is used, on one store, and what they tell. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createAlerts } from '../../src/api_keys/notices/alerts.ts';
import { createAnnounce } from '../../src/api_keys/notices/announcements.ts';
import type { ApiKeyRecord } from '../../src/storage/api_keys.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import type { WebhookEvent } from '../../src/webhooks/outbox.ts';
import { withWebhooks } from '../../src/webhooks/room.ts';
import { createAuditTrail, createMovableClock } from '../support/rooms.ts';
import type { TestStores } from '../support/stores.ts';
import { createKeeper, declaration } from './verifiers.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const networkKeys = [randomBytes(32)];
export const policy = declaration.api_keys.alerts;

export type Alerts = ReturnType<typeof createAlerts>;

type Told = {
  events: WebhookEvent[];
  counts: unknown[];
  audit: ReturnType<typeof createAuditTrail>;
};

export function alertsOn(stores: TestStores) {
  /** Questions to the store that are not answered yet. */
  const asked = new Set<Promise<unknown>>();
  const noted = <T>(question: Promise<T>): Promise<T> => {
    asked.add(question);
    return question.finally(() => asked.delete(question));
  };

  const setUp = async (t: { after(end: () => unknown): void }) => {
    const url = await stores.freshUrl();
    const [store, other] = [await openStore({ url }), await openStore({ url })];
    t.after(() => Promise.all([store.close(), other.close()]));
    // Ahead of the real time, by which a server removes what has expired; at the start of an hour.
    const start = Math.ceil(Date.now() / day) * day + hour;
    const clock = createMovableClock(start);
    const told: Told = { events: [], counts: [], audit: createAuditTrail() };
    const announce = createAnnounce({
      projects: store.projects,
      audit: withWebhooks(told.audit, {
        outbox: { wants: () => true, notify: async (event) => void told.events.push(event) },
        clock,
      }),
      count: (notice) => void told.counts.push(notice),
    });
    /** One process. */
    const startAlerts = (
      of: Store = store,
      given: Partial<typeof policy> = {},
      hashKeys = networkKeys,
    ) =>
      createAlerts({
        policy: { ...policy, ...given },
        artifacts: { ...of.artifacts, find: (...given) => noted(of.artifacts.find(...given)) },
        counters: of.counters,
        log: { warn: (fields, message) => assert.fail(`${message} ${JSON.stringify(fields)}`) },
        ...{ announce, clock, networkKeys: hashKeys },
      });
    const keeper = createKeeper(store, clock);
    const project = await keeper.project({ ownerId: 'alice' });
    const { record } = await keeper.key({ projectId: project.id });
    return { store, other, clock, told, startAlerts, record };
  };

  /** Until the store has answered what it was asked, as between requests. */
  const idle = async () => {
    await Promise.all(asked);
    await new Promise(setImmediate);
  };

  return { setUp, idle };
}

/** Uses a key from these addresses, one after the other, in a process that then ends. */
export async function useFrom(
  alerts: Alerts,
  record: ApiKeyRecord,
  ...ips: (string | undefined)[]
): Promise<void> {
  for (const ip of ips) alerts.observe({ record, ip, outcome: 'allowed', times: 1 });
  await alerts.close();
}
