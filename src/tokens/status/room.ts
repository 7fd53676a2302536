/**
 * Status lists: the part that makes JWTs revocable for those who verify offline. It owns each token's bit,
 * the lists, and how they are served. What is revoked, and why, is not its concern.
 */
import type { Clock } from '../../clock.ts';
import { createJwksCache, type Keyring, type Sign } from '../../signing_keys/room.ts';
import type { Store } from '../../storage/store.ts';
import type { Revocations } from '../revocation/revocations.ts';
import { createListTokens } from './list_tokens.ts';
import { createLongPoll } from './long_poll.ts';
import type { FeedLog } from './revocation_feed.ts';
import { createStatusListRoutes, type StatusListRoutes } from './routes.ts';
import { createStatusAssignment, type StatusAssignment } from './status_assignment.ts';
import { createStatusLists } from './status_lists.ts';
import { createStatusRecords, type StatusRecords } from './status_records.ts';

export type StatusRoom = {
  records: StatusRecords;
  assignment(revocations: Pick<Revocations, 'isRevoked' | 'sequence'>): StatusAssignment;
  routes: StatusListRoutes;
  /** Loads the lists, which follow the store from then on. Throws StoreUnavailableError. */
  start(): Promise<void>;
  /** Call when something was just revoked. */
  poke(): void;
  /** Every revocation acknowledged before this time is in the lists. Milliseconds since the epoch. */
  upToDateAt(): number;
  /** Answers all waiting requests, before the node stops accepting requests. */
  endWaiting(): void;
  close(): Promise<void>;
};

/** Fractions of `effectiveWithin`: a node learns of a revocation within one, verifiers ask again within four. */
const pollsInPromise = 8;

export function createStatusRoom({
  issuer,
  store,
  keys,
  sign,
  effectiveWithin,
  longestTokenLifetimeMs,
  onSigningKeyRevoked,
  clock,
  log,
}: {
  issuer: string;
  store: Pick<Store, 'documents' | 'revocations' | 'statusLeases' | 'statusRanges'>;
  keys: Pick<Keyring, 'snapshot'>;
  sign: Sign;
  /** Seconds within which a revocation must reach everyone who follows the lists. */
  effectiveWithin: number;
  longestTokenLifetimeMs: () => number;
  onSigningKeyRevoked: () => void;
  clock: Clock;
  log: FeedLog;
}): StatusRoom {
  const { documents, revocations: markers, statusLeases: leases, statusRanges: ranges } = store;
  const lists = createStatusLists({
    documents,
    revocations: markers,
    ranges,
    leases,
    clock,
    log,
    pollEveryMs: (effectiveWithin * 1000) / pollsInPromise,
    longestTokenLifetimeMs,
    onSigningKeyRevoked,
  });
  const ttl = Math.max(1, Math.floor(effectiveWithin / 2));
  const longPoll = createLongPoll({ onLook: lists.onLook });
  const jwksOf = createJwksCache();
  const jwks = () => jwksOf(keys.snapshot(), clock.now());
  const tokens = createListTokens({
    issuer,
    lists,
    currentKey: () => keys.snapshot().current,
    jwks,
    sign,
    ttl,
    clock,
  });
  const { registry } = lists;

  return {
    records: createStatusRecords({ registry, ranges, clock }),
    assignment: (revocations) =>
      createStatusAssignment({ issuer, registry, leases, ranges, revocations, clock }),
    routes: createStatusListRoutes({ issuer, lists, tokens, longPoll, ttl, now: clock.now }),
    start: lists.start,
    poke: () => void lists.poke(),
    upToDateAt: lists.upToDateAt,
    endWaiting: longPoll.end,
    async close() {
      longPoll.end();
      await lists.close();
    },
  };
}
