/**
 * Kill switches: the one way to revoke a token, a family, a grant, everything of a user, client or API, a
 * signing key, or everything there is, whoever asks. It owns that a revocation is complete: marked, swept and
 * audited. The marker alone takes effect, at once and durably, and carries the work that remains; whoever
 * finds it unfinished after a crash does the rest.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { AuditSink } from '../../audit/room.ts';
import { createSharedWork } from '../../caching/shared_work.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import type { AuditEventType } from '../../definitions/events.ts';
import { randomId } from '../../digests.ts';
import type { AuditEvent } from '../../storage/audit_events.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';
import type { RevocationStore } from '../../storage/revocations.ts';
import type { FindRevokedRanges } from '../status/revoked_ranges.ts';
import type { FixedAuditEvent, MakeChange, RecordChange } from './record_changes.ts';
import {
  isPermanentMarker,
  type RevocationMarker,
  type Revocations,
  type RevocationTarget,
} from './revocations.ts';

/** Who revokes, why and what, for the audit trail. */
export type RevocationOrder = Pick<
  AuditEvent,
  'userId' | 'clientId' | 'actor' | 'ip' | 'requestId' | 'details'
> & { type: AuditEventType; reason?: string | undefined };

export type RevocationOutcome = {
  /** Seconds until the last verifier that follows the status lists refuses what was revoked. */
  effectiveWithin: number;
  /** JWT access tokens revoked, of those that are recorded one by one. */
  tokens: number;
  /** Blocks of clients' own JWT access tokens, which are not counted one by one. */
  clientBlocks: number;
  /** Stored records deleted: refresh tokens, opaque tokens, codes, sessions, grants. */
  records: number;
  /** API keys revoked. */
  keys: number;
  /** The marker in the store. */
  marked: RevocationMarker;
};

/** Revokes the records of API keys. Throws StoreUnavailableError. */
export type ApiKeyRevoker = {
  /**
   * Sets a key's `revokedAt` to `at` (ms) unless it is already set. The key stays revoked when the marker
   * expires. Idempotent.
   */
  revoke(keyId: string, at: number): Promise<void>;
  /** Pages of an owner's keys: the ids of those not yet revoked, and how many were revoked at exactly `at`. */
  keysOf(owner: ApiKeyOwner, at: number): AsyncIterable<{ live: string[]; ended: number }>;
};

type ApiKeyOwner = { projectId: string } | { userId: string };

export type KillSwitches = {
  /** Complete and durable when it resolves. Safe to repeat. Throws StoreUnavailableError. */
  throwSwitch(target: RevocationTarget, order: RevocationOrder): Promise<RevocationOutcome>;
  /**
   * Changes a user or client and revokes everything issued before, as one: if the process dies in between,
   * the rest is finished like any other revocation. Returns undefined if the record is no longer the one to
   * change; then only what was issued before the call is revoked. Throws StoreUnavailableError.
   */
  throwWithChange(
    target: RevocationTarget,
    order: RevocationOrder,
    change: RecordChange,
  ): Promise<RevocationOutcome | undefined>;
  /**
   * Changes a record and revokes everything issued before the change, as one. If the process dies or `change`
   * fails before the record has changed, only the revocation takes effect; if it dies afterwards, the rest is
   * finished like any other revocation. Returns and throws what `change` does.
   */
  changeAndRevoke<T>(
    target: RevocationTarget,
    order: RevocationOrder,
    change: () => Promise<T>,
  ): Promise<T>;
  /** Finishes what others began at least `olderThanMs` ago and left unfinished. Returns how many it finished. */
  resume(olderThanMs: number): Promise<number>;
};

type TokenCount = Pick<RevocationOutcome, 'tokens' | 'clientBlocks'>;
type PendingRevocation = {
  target: RevocationTarget;
  event: FixedAuditEvent;
  /** The record changed after the first marker: what was issued in between must be revoked too. */
  again?: boolean;
  /** To be made before anything else. */
  change?: RecordChange;
};

const resumeBatch = 100;
const mostRounds = 10;

export function createKillSwitches({
  revocations,
  markers,
  findRevokedRanges,
  removeSigningKey,
  apiKeyRevoker,
  makeChange,
  audit,
  apis,
  clock,
  maxEffectiveWithin,
}: {
  revocations: Pick<Revocations, 'mark' | 'sweep'>;
  markers: Pick<RevocationStore, 'unfinished' | 'finish'>;
  findRevokedRanges: FindRevokedRanges;
  /** Removes a signing key from the JWKS, if it is still there. */
  removeSigningKey: (kid: string, reason: string) => Promise<unknown>;
  apiKeyRevoker: ApiKeyRevoker;
  makeChange: MakeChange;
  audit: AuditSink;
  apis: Pick<ApiRegistry, 'find'>;
  clock: Clock;
  /** `revocation.effective_within`, in seconds. */
  maxEffectiveWithin: number;
}): KillSwitches {
  const sharedCount = createSharedWork<TokenCount>();

  const countRevoked = async (
    target: RevocationTarget,
    marked: RevocationMarker,
  ): Promise<TokenCount> => {
    let tokens = 'token' in target ? 1 : 0;
    let clientBlocks = 0;
    for await (const page of findRevokedRanges(marked)) {
      const blocks = page.filter(({ range }) => range.userId === undefined).length;
      clientBlocks += blocks;
      tokens += page.length - blocks;
    }
    return { tokens, clientBlocks };
  };

  /** Concurrent revocations of the same name share one count. */
  const countOnce = (target: RevocationTarget, marked: RevocationMarker): Promise<TokenCount> => {
    const { key } = marked;
    return isPermanentMarker(key)
      ? sharedCount(key, () => countRevoked(target, marked))
      : countRevoked(target, marked);
  };

  /** `begun` is the sequence of the put that carried the work; the marker may have moved on since. */
  const complete = async (
    first: RevocationMarker,
    work: PendingRevocation,
    begun: number,
  ): Promise<RevocationOutcome> => {
    const { target, event, again } = work;
    const marked = again ? await revocations.mark(target) : first;
    if ('keyId' in target)
      await removeSigningKey(target.keyId, String(event.details?.reason ?? 'operator'));
    const keys = await revokeApiKeys(target, event.at);
    const counts = await countOnce(target, marked);
    const records = await revocations.sweep(target);
    const effectiveWithin = secondsFor(target, counts);
    await audit.record({
      ...event,
      details: {
        ...event.details,
        tokens: counts.tokens,
        client_blocks: counts.clientBlocks,
        records,
        ...(ownerIn(target) && { api_keys: keys }),
        effective_within: effectiveWithin,
      },
    });
    await markers.finish(marked.key, begun);
    return { ...counts, records, keys, effectiveWithin, marked };
  };

  /** Returns how many keys were revoked, including those before a crash. */
  const revokeApiKeys = async (target: RevocationTarget, at: number): Promise<number> => {
    if ('apiKey' in target) {
      await apiKeyRevoker.revoke(target.apiKey, at);
      return 1;
    }
    const owner = ownerIn(target);
    if (!owner) return 0;
    let ended = 0;
    let live = 0;
    // Repeat until none is found: a key that was being rotated has a successor by now.
    for (let round = 0; round === 0 || (live > 0 && round < mostRounds); round += 1) {
      [ended, live] = [0, 0];
      for await (const page of apiKeyRevoker.keysOf(owner, at)) {
        for (const id of page.live) {
          await revocations.mark({ apiKey: id });
          await apiKeyRevoker.revoke(id, at);
        }
        live += page.live.length;
        ended += page.live.length + page.ended;
      }
    }
    return ended;
  };

  const secondsFor = (target: RevocationTarget, counts: TokenCount): number => {
    const jwts = counts.tokens + counts.clientBlocks;
    // What was exchanged for a token is a JWT and may live longer.
    if ('record' in target) return jwts > 0 ? maxEffectiveWithin : 0;
    if ('token' in target) {
      return jwts > 1 ? maxEffectiveWithin : atMost(target.expiresAt - clock.now());
    }
    const api = 'api' in target ? apis.find(target.api) : undefined;
    // An API may have had JWTs until its declaration changed.
    if (api?.format === 'opaque') return jwts > 0 ? maxEffectiveWithin : 0;
    return api ? atMost(api.lifetimeSeconds * 1000) : maxEffectiveWithin;
  };
  /** For tokens with this much life left. A verifier may accept them slightly longer. */
  const atMost = (leftMs: number) =>
    Math.min(maxEffectiveWithin, Math.max(0, Math.ceil((leftMs + clockSkewMs) / 1000)));

  const begin = async (work: PendingRevocation): Promise<RevocationMarker> =>
    revocations.mark(work.target, JSON.stringify(work));

  const eventOf = ({ reason, details, ...order }: RevocationOrder): FixedAuditEvent => ({
    ...{ id: randomId(), at: clock.now(), outcome: 'success', ...order },
    details: { ...details, ...(reason !== undefined && { reason }) },
  });

  return {
    async throwSwitch(target, order) {
      const work: PendingRevocation = { target, event: eventOf(order) };
      const marked = await begin(work);
      return complete(marked, work, marked.sequence);
    },

    async throwWithChange(target, order, change) {
      const work: PendingRevocation = { target, event: eventOf(order), change, again: true };
      const marked = await begin(work);
      const isMade = await makeChange(change);
      const { change: _made, ...rest } = work;
      const outcome = await complete(marked, rest, marked.sequence);
      return isMade ? outcome : undefined;
    },

    async changeAndRevoke(target, order, change) {
      const work: PendingRevocation = { target, event: eventOf(order), again: true };
      const marked = await begin(work);
      const changed = await change();
      await complete(marked, work, marked.sequence);
      return changed;
    },

    async resume(olderThanMs) {
      const unfinished = await markers.unfinished(resumeBatch);
      const now = clock.now();
      const failures: unknown[] = [];
      let resumed = 0;
      const left = unfinished.flatMap(({ work = [], ...marked }) =>
        work.map(({ sequence, text }) => ({
          marked,
          begun: sequence,
          work: JSON.parse(text) as PendingRevocation,
        })),
      );
      for (const { marked, begun, work } of left) {
        if (work.event.at + olderThanMs > now) continue;
        try {
          if (work.change) await makeChange(work.change);
          await complete(marked, work, begun);
          resumed += 1;
        } catch (error) {
          if (error instanceof StoreUnavailableError) throw error;
          // One that cannot be finished must not hold up the others.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return resumed;
    },
  };
}

/** The owner whose API keys are all revoked, if any. */
function ownerIn(target: RevocationTarget): ApiKeyOwner | undefined {
  if ('keysOfProject' in target) return { projectId: target.keysOfProject };
  return 'accountId' in target && target.keys ? { userId: target.accountId } : undefined;
}
