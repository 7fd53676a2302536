/**
 * Status lists: the room that makes JWTs revocable for those who verify offline. It owns each token's bit, the
 * lists, and how they are served; what is revoked, and why, is not its concern.
 */
import type { Middleware } from 'koa';
import type { Clock } from '../../clock.ts';
import { type Keyring, type PublicJwks, publicJwks, type Sign } from '../../signing_keys/room.ts';
import type { Store } from '../../storage/store.ts';
import type { Revocations } from '../revocation/revocations.ts';
import { createStatusAssignment, type StatusAssignment } from './assignment.ts';
import type { FeedLog } from './feed.ts';
import { createListTokens } from './list_tokens.ts';
import { createStatusLists } from './lists.ts';
import { createLongPoll } from './long_poll.ts';
import { createStatusRecords, type StatusRecords } from './records.ts';
import { createStatusListRoutes, statusListMethods } from './routes.ts';

export type StatusRoom = {
  records: StatusRecords;
  assignment(revocations: Pick<Revocations, 'isRevoked' | 'sequence'>): StatusAssignment;
  routes: Middleware;
  /** The methods that a path (below the issuer's) takes; undefined: no such path here. */
  allowedMethods(path: string): readonly string[] | undefined;
  /** Loads the lists; they follow the store from then on. Throws StoreUnavailableError. */
  start(): Promise<void>;
  /** Something was revoked just now. */
  poke(): void;
  /** Every revocation that was answered before this instant is in the lists. Milliseconds since the epoch. */
  upToDateAt(): number;
  /** Answers all that wait: before the node stops taking requests. */
  endWaiting(): void;
  close(): Promise<void>;
};

/** Parts of the promised time: a node hears of a revocation within one, verifiers ask again within four. */
const pollsInPromise = 8;

export function createStatusRoom({
  issuer,
  store,
  keys,
  sign,
  effectiveWithin,
  longestTokenLifetimeMs,
  onKeyRevoked,
  clock,
  log,
}: {
  issuer: string;
  store: Pick<Store, 'documents' | 'revocations' | 'statusRanges'>;
  keys: Pick<Keyring, 'snapshot'>;
  sign: Sign;
  /** Seconds in which a revocation must reach whoever follows the lists. */
  effectiveWithin: number;
  longestTokenLifetimeMs: () => number;
  onKeyRevoked: () => void;
  clock: Clock;
  log: FeedLog;
}): StatusRoom {
  const { documents, revocations: markers, statusRanges: ranges } = store;
  const lists = createStatusLists({
    documents,
    revocations: markers,
    ranges,
    clock,
    log,
    pollEveryMs: (effectiveWithin * 1000) / pollsInPromise,
    longestTokenLifetimeMs,
    onKeyRevoked,
  });
  const ttl = Math.max(1, Math.floor(effectiveWithin / 2));
  const longPoll = createLongPoll({ onLook: lists.onLook });
  /** Asked for by all that wait, at each look: the same keys are written down once. */
  let written: { version: string; jwks: PublicJwks } | undefined;
  const jwks = () => {
    const snapshot = keys.snapshot();
    if (written?.version !== snapshot.version) {
      written = { version: snapshot.version, jwks: publicJwks(snapshot, clock.now()) };
    }
    return written.jwks;
  };
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
      createStatusAssignment({ issuer, registry, ranges, revocations, clock }),
    routes: createStatusListRoutes({ issuer, lists, tokens, longPoll, ttl, now: clock.now }),
    allowedMethods: statusListMethods,
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
