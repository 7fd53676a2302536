/**
 * Events that anyone can cause as often as they like (a failed sign-in, a replay). Similar ones share one
 * entry in the trail for an hour, which counts them. It owns what is similar, and that all processes use the
 * same entry: the first process opens it with a counter in the store, whose window tells when that was.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLruCache } from '../caching/lru_cache.ts';
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import { hmacSha256 } from '../digests.ts';
import { networkOf } from '../net/network_shares.ts';
import type { AuditEvent, AuditStore, FoldedEvent } from '../storage/audit_events.ts';
import type { CounterStore } from '../storage/counters.ts';
import type { RepeatableRecord, RepeatableSink } from './events.ts';
import { type SealingKey, sealedAlone } from './seals.ts';

const windowMs = hourMs;
/** The most networks with an entry of their own, for each event type and client. The others share one. */
const mostNetworkEntries = 200;
/** The most entries that a process remembers. */
const mostCachedEntries = 10_000;

type TrailEntry = { id: string; at: number; isShared: boolean };
type Found = TrailEntry & { isFirst: boolean };

export function createRepeatableEvents({
  store,
  counters,
  clock,
  key,
  sealingKey,
  onFirst,
}: {
  store: Pick<AuditStore, 'fold'>;
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  /** Derived for this purpose, so that the counters' names reveal nothing. */
  key: Buffer;
  sealingKey: SealingKey;
  /** Is told of the first of those that share an entry. */
  onFirst: (event: AuditEvent) => Promise<void>;
}): RepeatableSink {
  const waiting: FoldedEvent[] = [];
  let next: Promise<void> | undefined;
  const entries = createLruCache<TrailEntry>(mostCachedEntries);

  const count = (purpose: string, parts: unknown[]) => {
    const counter = `audit_${purpose}:${hmacSha256(key, JSON.stringify(parts))}`;
    return counters.add(counter, 1, windowMs, clock.now());
  };

  const open = async (parts: unknown[], isShared: boolean): Promise<Found> => {
    const { resetAt, count: uses } = await count('place', parts);
    const id = hmacSha256(key, JSON.stringify([...parts, resetAt])).slice(0, 22);
    return { id, at: resetAt - windowMs, isShared, isFirst: uses === 1 };
  };

  const find = async (event: RepeatableRecord): Promise<Found> => {
    const { type, clientId, userId, subject, ip } = event;
    const about = [type, clientId, userId, subject];
    const own = [...about, ip && networkOf(ip)];
    const name = JSON.stringify(own);
    const known = entries.get(name);
    if (known && known.at + windowMs > clock.now()) return { ...known, isFirst: false };
    const networks = ip === undefined ? undefined : await count('networks', [type, clientId]);
    const isShared = networks !== undefined && networks.count > mostNetworkEntries;
    const entry = await open(isShared ? [...about, 'elsewhere'] : own, isShared);
    entries.set(name, entry);
    return entry;
  };

  const fold = async (event: RepeatableRecord): Promise<FoldedEvent> => {
    const { id, at, isShared, isFirst } = await find(event);
    const { subject: _subject, ip, ...rest } = event;
    const entry = { ...rest, ...(!isShared && { ip }), id, at, count: 1, lastAt: clock.now() };
    if (isFirst) await onFirst(entry);
    return sealedAlone(sealingKey, entry);
  };

  /** Events that arrive in one turn share a write. */
  const write = async () => {
    await nextTurn();
    next = undefined;
    await store.fold(combineByEntry(waiting.splice(0)));
  };

  return {
    async recordRepeatable(event) {
      waiting.push(await fold(event));
      next ??= write();
      await next;
    },
  };
}

/** Combines the events of each entry. */
function combineByEntry(events: readonly FoldedEvent[]): FoldedEvent[] {
  const merged = new Map<string, FoldedEvent>();
  for (const event of events) {
    const known = merged.get(event.id);
    const { count = 0, lastAt = 0 } = known ?? {};
    merged.set(event.id, {
      ...(known ?? event),
      count: count + event.count,
      lastAt: Math.max(lastAt, event.lastAt),
    });
  }
  return [...merged.values()];
}
