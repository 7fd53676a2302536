/**
 * Audit events as years of use leave them, sealed and linked into chains by what the server links its own with:
 * `cardea audit verify` walks them. Simplified: events of one chain follow each other in even steps, and what they name
 * is drawn at random.
 */

import { createChainWriter } from '../../../src/audit/chain_writer.ts';
import { createChainRegister, createSealingKeys } from '../../../src/audit/room.ts';
import type { AuditEventType } from '../../../src/definitions/events.ts';
import { dayMs } from '../../../src/definitions/units.ts';
import { createSecrets } from '../../../src/secrets/room.ts';
import type { AuditEvent } from '../../../src/storage/audit_events.ts';
import type { BulkStore } from '../scale/bulk.ts';
import { clientName, idOf, personName, spread } from './names.ts';

export const eventDays = 90;
/** How many of a hundred events are about the one busy user, and about the one busy client. */
const ofBusyUser = 2;
const ofBusyClient = 20;
const together = 2000;

/** Of a thousand events, so many are of this type. The rest is `token.issued`. */
const shares: readonly (readonly [AuditEventType, number])[] = [
  ['sign_in.succeeded', 200],
  ['token.refreshed', 250],
  ['sign_out', 30],
  ['consent.granted', 20],
  ['user.updated', 5],
  ['client.updated', 3],
  ['token.revoked', 10],
  ['user.disabled', 1],
];

const types = shares.flatMap(([type, share]) => Array<AuditEventType>(share).fill(type));

export type EventSizes = { events: number; users: number; clients: number };

/** `busy`: a user's id and a client's. */
export async function seedEvents(
  store: Pick<BulkStore, 'audit' | 'auditChains' | 'documents'>,
  sizes: EventSizes,
  {
    secret,
    busy,
    report,
  }: {
    /** CARDEA_SECRET. */
    secret: string;
    busy: { userId: string; clientId: string };
    report: (done: number) => void;
  },
): Promise<void> {
  const end = Date.now();
  const start = end - eventDays * dayMs;
  let now = start;
  const clock = { now: () => now };
  const keys = createSealingKeys(createSecrets([Buffer.from(secret, 'base64url')]));
  const register = createChainRegister({
    ...{ chains: store.auditChains, documents: store.documents, keys, clock },
  });
  const [key] = keys;
  const { append, flush } = createChainWriter({
    ...{ append: store.audit.append, repeats: false, register, key, clock },
  });
  const step = (end - start) / sizes.events;
  for (let done = 0; done < sizes.events; done += together) {
    const count = Math.min(together, sizes.events - done);
    let events = Array.from({ length: count }, (_, at) =>
      eventOf(done + at, { at: Math.floor(start + (done + at) * step), sizes, busy }),
    );
    now = events.at(-1)?.at ?? now;
    while (events.length > 0) events = events.slice(await append(events));
    if ((done / together) % 250 === 249) report(done + count);
  }
  await flush();
  report(sizes.events);
}

function eventOf(
  index: number,
  {
    at,
    sizes,
    busy,
  }: { at: number; sizes: EventSizes; busy: { userId: string; clientId: string } },
): AuditEvent {
  const type = types[spread(index, 11, 1000)] ?? 'token.issued';
  const user = spread(index, 12, sizes.users);
  const isBusyUser = spread(index, 13, 100) < ofBusyUser;
  const isBusyClient = spread(index, 14, 100) < ofBusyClient;
  const userId = isBusyUser ? busy.userId : personName(user).id;
  const clientId = isBusyClient
    ? busy.clientId
    : clientName(spread(index, 15, sizes.clients)).clientId;
  const common = {
    ...{ id: idOf(`event ${index}`), at, type, outcome: 'success' as const },
    ip: `198.51.${spread(index, 16, 200)}.${spread(index, 17, 250)}`,
    requestId: requestIdOf(index),
  };
  const change = {
    actor: `user:${busy.userId}`,
    before: { name: `Before ${index}` },
    after: { name: `After ${index}` },
  };
  if (type === 'user.updated' || type === 'user.disabled') {
    return { ...common, ...change, userId, target: { kind: 'user', id: userId } };
  }
  if (type === 'client.updated') {
    return { ...common, ...change, clientId, target: { kind: 'client', id: clientId } };
  }
  const details = type.startsWith('token.') && {
    details: { grant_type: 'authorization_code', api: 'https://orders.example' },
  };
  return { ...common, userId, clientId, ...details };
}

/** Like a UUID. */
export function requestIdOf(index: number): string {
  return idOf(`request ${index}`).padEnd(36, '0');
}
