/**
 * The next free positions of the status lists, for one process. It leases them for one API and one signing key at a
 * time, and for a busy client by itself, and puts each lease on record before any position of it is used: a
 * revocation of an API, a key, a client or everything then revokes whole leases, however many tokens are in them.
 * A lease that was revoked is not used again.
 */
import { createSharedWork } from '../../caching/shared_work.ts';
import type { Clock } from '../../clock.ts';
import type { StatusLease, StatusLeaseStore } from '../../storage/status_leases.ts';
import type { Revocations } from '../revocation/revocations.ts';
import {
  type ListRegistry,
  largestLease,
  type PositionLease,
  type StatusListFacts,
} from './list_registry.ts';

/** What positions are taken for. Times in seconds since the epoch. */
type PositionUse = {
  clientId: string;
  api: string;
  keyId: string;
  /** The earliest `iat`, or that of the oldest token it comes from. */
  issuedAt: number;
  /** Every `iat` is before this time. */
  issuedUntil: number;
  /** The last revocation that the caller knows of. It affects none of the positions. */
  asOf: number;
};

type TakenPositions = {
  list: StatusListFacts;
  first: number;
  /** See StatusRange. */
  inClientLease: boolean;
};

export type Positions = {
  /** `count` consecutive positions that nobody else ever gets. At most 8192. */
  take(count: number, use: PositionUse): Promise<TakenPositions>;
};

type OpenLease = PositionLease & {
  record: StatusLease;
  used: number;
  /** Seconds since the epoch: every `iat` so far is before this time. */
  issuedUntil: number;
  /** The revocations up to this number do not affect the lease. */
  checkedAt: number;
  /** Single tokens by client. */
  singles: Map<string, number>;
};

const smallestLease = 256;
/** A client that takes more single positions of one lease gets leases of its own. */
const singlesInShared = 64;
/** Beyond this many leases, clients get none of their own. */
const mostOpen = 4000;
/** Tokens that count as issued before the last few seconds are in other leases, which say nothing of time. */
const recentSeconds = 10;
/** A lease may be used up, over or revoked each time. Beyond this it is a bug, not bad luck. */
const mostAttempts = 50;

export function createPositions({
  registry,
  leases,
  revocations,
  clock,
}: {
  registry: Pick<ListRegistry, 'lease' | 'tokenLifetimeMs'>;
  leases: Pick<StatusLeaseStore, 'add' | 'end'>;
  revocations: Pick<Revocations, 'isRevoked' | 'sequence'>;
  clock: Clock;
}): Positions {
  const open = new Map<string, OpenLease>();
  const sharedOpening = createSharedWork<void>();
  let sweptAt = 0;

  /** Which lease a use belongs to, and the client if it is its own. */
  const placeOf = (count: number, { clientId, api, keyId, issuedAt }: PositionUse) => {
    const now = clock.now();
    const isRecent = issuedAt >= Math.floor(now / 1000) - recentSeconds;
    // A lease allows for the lifetimes that there were when it was opened: APIs may be given longer ones.
    const lifetime = registry.tokenLifetimeMs();
    const shared = JSON.stringify([api, keyId, isRecent, lifetime]);
    if (count > 1) return { key: shared, isRecent };
    const own = JSON.stringify([api, keyId, isRecent, lifetime, clientId]);
    const isBusy = (open.get(shared)?.singles.get(clientId) ?? 0) >= singlesInShared;
    const isOwn = hasOwn(own, now) || (isBusy && mayHaveOwn(now));
    return isOwn ? { key: own, isRecent, clientId } : { key: shared, isRecent };
  };

  /** Until it is over: a client that has become idle begins as any other. */
  const hasOwn = (key: string, now: number): boolean => {
    const lease = open.get(key);
    const isUsable = lease !== undefined && now < lease.usableUntil;
    if (!isUsable) open.delete(key);
    return isUsable;
  };

  const mayHaveOwn = (now: number): boolean => {
    if (open.size >= mostOpen && now - sweptAt > 60_000) {
      sweptAt = now;
      for (const [each, { usableUntil }] of open) if (usableUntil <= now) open.delete(each);
    }
    return open.size < mostOpen;
  };

  const openLease = async (place: ReturnType<typeof placeOf>, count: number, use: PositionUse) => {
    const { key, clientId, isRecent } = place;
    const last = open.get(key);
    const isUsedUp = last && last.used + count > last.count;
    const size = Math.max(isUsedUp ? last.count * 4 : smallestLease, count > 1 ? count * 2 : 1);
    const { api, keyId } = use;
    // Read before the lease is recorded, so that a revocation in between applies to it.
    const asOf = await revocations.sequence();
    const lease = await registry.lease(Math.min(size, largestLease));
    const now = Math.floor(clock.now() / 1000);
    const record: StatusLease = {
      ...{
        list: lease.list.id,
        first: lease.first,
        count: lease.count,
        api,
        keyId,
        clientId,
        asOf,
      },
      issuedFrom: isRecent ? Math.min(now - recentSeconds, use.issuedAt) : 0,
      // A caller may be ahead of this clock, which must not leave it without a place.
      issuedUntil: Math.max(now, use.issuedUntil) + Math.ceil(lease.issuedUntil / 1000) - now,
      expiresAt: lease.expiresAt,
    };
    await leases.add(record);
    // Who follows revocations may not have seen it, and who starts later would.
    const checkedAt = await revocations.sequence();
    if (checkedAt > asOf && (await isRevoked(record))) return;
    open.set(key, {
      ...{ ...lease, record, used: 0, issuedUntil: now, checkedAt, singles: new Map() },
    });
    if (last) end(last);
  };

  /** Only helps a later revocation of what was issued before some time, so nobody waits for it. */
  const end = ({ record: { list, first }, issuedUntil }: OpenLease) => {
    leases.end({ list, first, issuedUntil }).catch(() => {});
  };

  const isRevoked = ({ api, clientId, asOf, issuedFrom }: StatusLease): Promise<boolean> =>
    revocations.isRevoked({ api, clientId, asOf, issuedAt: issuedFrom * 1000 });

  const hasRoom = (lease: OpenLease, count: number, { issuedAt, issuedUntil }: PositionUse) =>
    lease.used + count <= lease.count &&
    clock.now() < lease.usableUntil &&
    issuedAt >= lease.record.issuedFrom &&
    issuedUntil <= lease.record.issuedUntil;

  const takeFrom = (lease: OpenLease, count: number, use: PositionUse): TakenPositions => {
    const first = lease.first + lease.used;
    lease.used += count;
    lease.issuedUntil = Math.max(lease.issuedUntil, use.issuedUntil);
    const { clientId } = use;
    if (count === 1) lease.singles.set(clientId, (lease.singles.get(clientId) ?? 0) + 1);
    return { list: lease.list, first, inClientLease: lease.record.clientId !== undefined };
  };

  return {
    async take(count, use) {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const place = placeOf(count, use);
        const lease = open.get(place.key);
        if (lease && hasRoom(lease, count, use)) {
          if (use.asOf <= lease.checkedAt || !(await isRevoked(lease.record))) {
            lease.checkedAt = Math.max(lease.checkedAt, use.asOf);
            // Others may have used it up in the meantime.
            if (hasRoom(lease, count, use)) return takeFrom(lease, count, use);
          } else if (open.get(place.key) === lease) open.delete(place.key);
        } else {
          await sharedOpening(place.key, () => openLease(place, count, use));
        }
      }
      throw new Error('no positions in a status list could be leased');
    },
  };
}
