/**
 * Single use. The library looks whether a code is consumed and consumes it later; between the two lies a
 * race that lets several redemptions through. Here consumption is one compare-and-set, and whoever loses
 * it is a replay: the family dies (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2).
 *
 * Refresh tokens have a grace: a client whose answer was lost, or whose tabs refresh at once, gets the
 * family's current tip again. The tip can be computed from any of its ancestors (see successor_tokens.ts),
 * so nothing that could be stolen is stored for it.
 */

import { createSharedWork } from '../../caching/shared_work.ts';
import type { Clock } from '../../clock.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import type { Revocations } from '../../tokens/room.ts';
import { errors } from '../engine/library.ts';
import { createRequestSlot } from '../engine/request_slots.ts';
import type { RedemptionCheck } from '../grants/redemption.ts';
import type { Consumed } from './kind_columns.ts';
import { kinds, type RecordKind } from './kinds.ts';
import { noteSpent } from './settlement.ts';
import type { SuccessorTokens } from './successor_tokens.ts';
import { continueFamily, familyOfArtifact } from './token_family.ts';

export type ReuseEvent = {
  type: 'authorization_code.reused' | 'refresh_token.reused';
  familyId: string;
  clientId: string | undefined;
  accountId: string | undefined;
};

/** How often the request's client may have tokens for the request's person. */
export type IssuingLimit = {
  /** Before anything is spent. Throws CardeaError `too_many_requests` (429). */
  check(): Promise<void>;
  count(): Promise<void>;
};

export type Consumer = {
  /** Spends the artifact; throws the library's error when it was spent before. */
  consume(kind: RecordKind, id: string, value: string): Promise<void>;
};

/** What tokens are asked for with. */
export type Redeemed = {
  /** Whose it is. */
  accountId: string | undefined;
  /** By the time it was looked at. */
  wasSpent: boolean;
  /** What was granted with it (RFC 8707). */
  resource?: string | string[];
  /** Of an authorization code. */
  redirectUri?: string;
};

/** Set when the adapter finds it; read here, and by the limits on what is issued to one person. */
const redeemed = createRequestSlot<Redeemed>();

export const redeemedRecord = redeemed.get;

/** The request redeems this artifact. */
export function noteRedeemed({ accountId, consumedAt, payload }: Artifact): void {
  const { resource, redirectUri } = payload as Pick<Redeemed, 'resource' | 'redirectUri'>;
  redeemed.set({ ...{ accountId, wasSpent: consumedAt !== undefined }, resource, redirectUri });
}

export function createConsumer({
  artifacts,
  revocations,
  successors,
  clock,
  graceMs,
  issuing,
  checkRedemption,
  onReuse,
}: {
  artifacts: ArtifactStore;
  revocations: Revocations;
  successors: Pick<SuccessorTokens, 'handOutNext' | 'handOutNewest'>;
  clock: Clock;
  /** Milliseconds in which a rotated refresh token of the current request's client is still answered. */
  graceMs: () => number;
  issuing: IssuingLimit;
  checkRedemption: RedemptionCheck;
  onReuse: (event: ReuseEvent) => Promise<void>;
}): Consumer {
  const sharedEnd = createSharedWork<void>();

  /** A family ends once, however often what was spent is replayed: each end takes a number, and a sweep. */
  const end = async (familyId: string) => {
    if (await revocations.isRevoked({ familyId, asOf: Number.POSITIVE_INFINITY })) return;
    await revocations.revoke({ familyId });
  };
  const endOnce = (familyId: string): Promise<void> => sharedEnd(familyId, () => end(familyId));

  const refuse = async (artifact: Artifact, { error, event }: Consumed['replay']) => {
    const familyId = familyOfArtifact(artifact);
    if (familyId && event !== 'none') {
      await endOnce(familyId);
      const { clientId, accountId } = artifact;
      await onReuse({ type: event, familyId, clientId, accountId });
    }
    if (error === 'invalid_request_uri') {
      throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');
    }
    throw new errors.InvalidGrant(`${artifact.kind} was already used`);
  };

  const consumer: Consumer = {
    async consume(kind, id, value) {
      const presented = redeemed.get();
      if (presented) checkRedemption(presented);
      // What was spent before is issued nothing for, but in its grace: its replay must be seen, whatever the limit.
      if (!presented?.wasSpent) await issuing.check();
      const now = clock.now();
      const consumption = await artifacts.consume(kind, id, now);
      if (!consumption) throw new errors.InvalidGrant(`${kind} is unknown or expired`);

      const { artifact, won, consumedAt } = consumption;
      const { grace, replay } = consumedAs(kind);
      // Not below zero: who lost may have read a clock earlier than who won, and no grace means none.
      const inGrace = grace && Math.max(now - consumedAt, 0) < graceMs();
      if (won) noteSpent({ kind, id, consumedAt });
      if (!won && !inGrace) await refuse(artifact, replay);
      if (!won) {
        await issuing.check();
        // Who spent it may fail, and would give back what this request is answered for. Or has: then it is to be spent.
        if (!(await artifacts.keepSpent(kind, id))) return consumer.consume(kind, id, value);
      }

      await issuing.count();
      continueFamily(artifact);
      if (!grace) return;
      if (won) successors.handOutNext(value, artifact);
      else await successors.handOutNewest(value, artifact);
    },
  };
  return consumer;
}

function consumedAs(kind: RecordKind): Consumed {
  const { use } = kinds[kind];
  if (use.times === 'once' && use.spentBy === 'consumption') return use;
  throw new Error(`${kind} is nothing that is consumed`);
}
