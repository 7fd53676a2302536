/**
 * Kill switches: one way to end what a token, a family, a grant, a user, a client, an API, a signing key or
 * everything stands for, whoever asks. It owns that a switch is thrown completely: marked, swept, on record.
 * The marker alone ends what it is about, at once and durably, and carries what is left to do; whoever finds
 * it unfinished after a crash does the rest.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { AuditEventType, AuditSink } from '../../audit/room.ts';
import { createSharedWork } from '../../caching/shared_work.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import type { AuditEvent } from '../../storage/audit_events.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';
import type { RevocationStore } from '../../storage/revocations.ts';
import type { HitRanges } from '../status/hit_ranges.ts';
import type { MakeChange, RecordChange } from './record_changes.ts';
import {
  endsForGood,
  type Marked,
  type Revocations,
  type RevocationTarget,
} from './revocations.ts';

/** Who throws it, why, and what it is about, for the audit trail. */
export type Order = Pick<
  AuditEvent,
  'userId' | 'clientId' | 'actor' | 'ip' | 'requestId' | 'details'
> & { type: AuditEventType; reason?: string | undefined };

export type Outcome = {
  /** Seconds until the last verifier that follows the status lists refuses what was revoked. */
  effectiveWithin: number;
  /** JWT access tokens that it ended, of those that are recorded one by one. */
  tokens: number;
  /** Blocks of clients' own JWT access tokens, which are not counted one by one. */
  clientBlocks: number;
  /** Stored records that went: refresh tokens, opaque tokens, codes, sessions, grants. */
  records: number;
  /** API keys. */
  keys: number;
  /** What stands for it in the store. */
  marked: Marked;
};

/** How the records of API keys end. StoreUnavailableError. */
export type KeyEnds = {
  /** Sets a key's `revokedAt` to `at` (ms), unless it was revoked before: it stays so when the marker has gone. Idempotent. */
  end(keyId: string, at: number): Promise<void>;
  /** An owner's keys by the page: the ids of those that have not ended, and how many were ended at that instant. */
  of(owner: KeyOwner, at: number): AsyncIterable<{ live: string[]; ended: number }>;
};

type KeyOwner = { projectId: string } | { userId: string };

export type KillSwitches = {
  /** Complete and durable when it resolves. Throwing one again is harmless. StoreUnavailableError. */
  throwSwitch(target: RevocationTarget, order: Order): Promise<Outcome>;
  /**
   * Makes a change of a user or a client and ends all that was issued before it, as one: whatever step the process
   * dies after, the rest is finished as that of every other switch. Undefined, and only what was issued before the
   * call has ended: the record was not the one any more that was to change. StoreUnavailableError.
   */
  throwWithChange(
    target: RevocationTarget,
    order: Order,
    change: RecordChange,
  ): Promise<Outcome | undefined>;
  /**
   * Changes a record and ends all that was issued before the change, as one. Where the process dies, or `change`
   * fails, before the record has changed, only the issued ends; where it dies after that, the rest is finished as
   * that of every other switch. Answers what `change` does, and throws what that throws.
   */
  changeAndRevoke<T>(target: RevocationTarget, order: Order, change: () => Promise<T>): Promise<T>;
  /** Finishes what others began and left, if it has been lying for `olderThanMs`; answers how many. */
  resume(olderThanMs: number): Promise<number>;
};

type Hit = Pick<Outcome, 'tokens' | 'clientBlocks'>;
type Event = Parameters<AuditSink['record']>[0] & { id: string; at: number };
type Work = {
  target: RevocationTarget;
  event: Event;
  /** The record changed behind the first marker: what was issued in between ends as well. */
  again?: boolean;
  /** To be made before anything else. */
  change?: RecordChange;
};

const batch = 100;
const mostRounds = 10;

export function createKillSwitches({
  revocations,
  markers,
  hitRanges,
  unpublishKey,
  keyEnds,
  makeChange,
  audit,
  apis,
  clock,
  promise,
}: {
  revocations: Pick<Revocations, 'mark' | 'sweep'>;
  markers: Pick<RevocationStore, 'unfinished' | 'finish'>;
  hitRanges: HitRanges;
  /** Takes a signing key out of the JWKS, if it is still in. */
  unpublishKey: (kid: string, reason: string) => Promise<unknown>;
  keyEnds: KeyEnds;
  makeChange: MakeChange;
  audit: AuditSink;
  apis: Pick<ApiRegistry, 'find'>;
  clock: Clock;
  /** `revocation.effective_within`: seconds. */
  promise: number;
}): KillSwitches {
  const sharedCount = createSharedWork<Hit>();

  const count = async (target: RevocationTarget, marked: Marked): Promise<Hit> => {
    let tokens = 'token' in target ? 1 : 0;
    let clientBlocks = 0;
    for await (const page of hitRanges(marked)) {
      const blocks = page.filter(({ range }) => range.userId === undefined).length;
      clientBlocks += blocks;
      tokens += page.length - blocks;
    }
    return { tokens, clientBlocks };
  };

  /** Those who end the same name at the same time count what hung on it once. */
  const countOnce = (target: RevocationTarget, marked: Marked): Promise<Hit> => {
    const { key } = marked;
    return endsForGood(key) ? sharedCount(key, () => count(target, marked)) : count(target, marked);
  };

  /** `begun`: the sequence of the put that brought the work; the marker may have moved on since. */
  const complete = async (first: Marked, work: Work, begun: number): Promise<Outcome> => {
    const { target, event, again } = work;
    const marked = again ? await revocations.mark(target) : first;
    if ('keyId' in target)
      await unpublishKey(target.keyId, String(event.details?.reason ?? 'operator'));
    const keys = await endKeys(target, event.at);
    const hit = await countOnce(target, marked);
    const records = await revocations.sweep(target);
    const effectiveWithin = secondsFor(target, hit);
    await audit.record({
      ...event,
      details: {
        ...event.details,
        tokens: hit.tokens,
        client_blocks: hit.clientBlocks,
        records,
        ...(ownerIn(target) && { api_keys: keys }),
        effective_within: effectiveWithin,
      },
    });
    await markers.finish(marked.key, begun);
    return { ...hit, records, keys, effectiveWithin, marked };
  };

  /** Answers how many a switch has ended, also before whoever threw it died. */
  const endKeys = async (target: RevocationTarget, at: number): Promise<number> => {
    if ('apiKey' in target) {
      await keyEnds.end(target.apiKey, at);
      return 1;
    }
    const owner = ownerIn(target);
    if (!owner) return 0;
    let ended = 0;
    let live = 0;
    // Until none is found: one that was being rotated has a successor by now.
    for (let round = 0; round === 0 || (live > 0 && round < mostRounds); round += 1) {
      [ended, live] = [0, 0];
      for await (const page of keyEnds.of(owner, at)) {
        for (const id of page.live) {
          await revocations.mark({ apiKey: id });
          await keyEnds.end(id, at);
        }
        live += page.live.length;
        ended += page.live.length + page.ended;
      }
    }
    return ended;
  };

  const secondsFor = (target: RevocationTarget, hit: Hit): number => {
    const jwts = hit.tokens + hit.clientBlocks;
    // What was exchanged for a token is a JWT, and may live longer.
    if ('record' in target) return jwts > 0 ? promise : 0;
    if ('token' in target) {
      return jwts > 1 ? promise : atMost(target.expiresAt - clock.now());
    }
    const api = 'api' in target ? apis.find(target.api) : undefined;
    // An API may have had JWTs until its declaration changed.
    if (api?.format === 'opaque') return jwts > 0 ? promise : 0;
    return api ? atMost(api.lifetimeSeconds * 1000) : promise;
  };
  /** Of tokens with so much life left: a verifier may take them a little beyond their end. */
  const atMost = (leftMs: number) =>
    Math.min(promise, Math.max(0, Math.ceil((leftMs + clockSkewMs) / 1000)));

  const begin = async (work: Work): Promise<Marked> =>
    revocations.mark(work.target, JSON.stringify(work));

  const eventOf = ({ reason, details, ...order }: Order): Event => ({
    ...{ id: randomId(), at: clock.now(), outcome: 'success', ...order },
    details: { ...details, ...(reason !== undefined && { reason }) },
  });

  return {
    async throwSwitch(target, order) {
      const work: Work = { target, event: eventOf(order) };
      const marked = await begin(work);
      return complete(marked, work, marked.sequence);
    },

    async throwWithChange(target, order, change) {
      const work: Work = { target, event: eventOf(order), change, again: true };
      const marked = await begin(work);
      const isMade = await makeChange(change);
      const { change: _made, ...rest } = work;
      const outcome = await complete(marked, rest, marked.sequence);
      return isMade ? outcome : undefined;
    },

    async changeAndRevoke(target, order, change) {
      const work: Work = { target, event: eventOf(order), again: true };
      const marked = await begin(work);
      const changed = await change();
      await complete(marked, work, marked.sequence);
      return changed;
    },

    async resume(olderThanMs) {
      const unfinished = await markers.unfinished(batch);
      const now = clock.now();
      const failures: unknown[] = [];
      let resumed = 0;
      const left = unfinished.flatMap(({ work = [], ...marked }) =>
        work.map(({ sequence, text }) => ({
          marked,
          begun: sequence,
          work: JSON.parse(text) as Work,
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
          // One that cannot be finished must not keep the others from it.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return resumed;
    },
  };
}

/** Whose API keys all end with it; undefined: nobody's. */
function ownerIn(target: RevocationTarget): KeyOwner | undefined {
  if ('keysOfProject' in target) return { projectId: target.keysOfProject };
  return 'accountId' in target && target.keys ? { userId: target.accountId } : undefined;
}
