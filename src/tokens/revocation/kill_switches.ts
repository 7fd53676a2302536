/**
 * Kill switches: the one way to revoke a token, a family, a grant, everything of a user, client or API, a
 * signing key, or everything there is, whoever asks. It owns that a revocation is complete: marked, counted, swept
 * and audited. The marker alone takes effect, at once and durably, and carries the work that remains; whoever
 * finds it unfinished after a crash does the rest. Where that takes as long as there are tokens, nobody waits for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiRegistry } from '../../apis/room.ts';
import { type AuditSink, bySystem, onRecord } from '../../audit/room.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import type { AuditEventType } from '../../definitions/events.ts';
import { randomId } from '../../digests.ts';
import type { SigningKeyOrder } from '../../signing_keys/room.ts';
import type { AuditEvent } from '../../storage/audit_events.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';
import type { RevocationStore } from '../../storage/revocations.ts';
import { auditTargetOf } from './audit_target.ts';
import { type ApiKeyRevoker, ownerIn, revokeKeysOf } from './owned_keys.ts';
import type { FixedAuditEvent, MakeChange, RecordChange } from './record_changes.ts';
import type { RevocationMarker, Revocations, RevocationTarget } from './revocations.ts';
import type { RevokedTokens } from './revoked_tokens.ts';
import type { WorkClaims } from './work_claims.ts';

/** Who revokes, why and what, for the audit trail. */
export type RevocationOrder = Pick<
  AuditEvent,
  'userId' | 'clientId' | 'actor' | 'onBehalfOf' | 'ip' | 'requestId' | 'details'
> & { type: AuditEventType; reason?: string | undefined };

export type RevocationCounts = {
  /** JWT access tokens revoked, of those that are recorded one by one. */
  tokens: number;
  /** Blocks of clients' own JWT access tokens, which are not counted one by one. */
  clientBlocks: number;
  /** Stored records deleted: refresh tokens, opaque tokens, codes, sessions, grants. */
  records: number;
  /** API keys revoked. */
  keys: number;
};

export type RevocationOutcome = {
  /** Seconds until the last verifier that follows the status lists refuses what was revoked. */
  effectiveWithin: number;
  /** The marker in the store. */
  marked: RevocationMarker;
  /**
   * What it came to, when it is counted, swept and on record. Of a client, an API, a project, a signing key or
   * everything this can take minutes, which changes nothing of when it takes effect. If it rejects, or this process
   * ends before, another one finishes it.
   */
  finished: Promise<RevocationCounts>;
};

export type KillSwitches = {
  /** Durable when it resolves. Safe to repeat. Throws StoreUnavailableError. */
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

type PendingRevocation = {
  target: RevocationTarget;
  event: FixedAuditEvent;
  /** The record changed after the first marker: what was issued in between must be revoked too. */
  again?: boolean;
  /** To be made before anything else. */
  change?: RecordChange;
};

const resumeBatch = 100;
/** A change of a record is answered with all that follows from it, unless that takes longer. */
const patienceMs = 1500;

export function createKillSwitches({
  revocations,
  markers,
  revokedTokens,
  removeSigningKey,
  apiKeyRevoker,
  makeChange,
  claims,
  audit,
  apis,
  clock,
  maxEffectiveWithin,
}: {
  revocations: Pick<Revocations, 'mark' | 'sweep'>;
  markers: Pick<RevocationStore, 'unfinished' | 'finish'>;
  revokedTokens: RevokedTokens;
  /** Removes a signing key from the JWKS, if it is still there. */
  removeSigningKey: (kid: string, order: SigningKeyOrder) => Promise<unknown>;
  apiKeyRevoker: ApiKeyRevoker;
  makeChange: MakeChange;
  claims: WorkClaims;
  audit: AuditSink;
  apis: Pick<ApiRegistry, 'find'>;
  clock: Clock;
  /** `revocation.effective_within`, in seconds. */
  maxEffectiveWithin: number;
}): KillSwitches {
  /**
   * All that the marker does not do by itself. `begun` is the sequence of the put that carried the work; the
   * marker may have moved on since.
   */
  const complete = async (
    first: RevocationMarker,
    { target, event, again }: PendingRevocation,
    begun: number,
  ): Promise<RevocationOutcome> => {
    const marked = again ? await revocations.mark(target) : first;
    if ('keyId' in target) {
      const { actor = bySystem.actor, ...by } = event;
      const reason = String(event.details?.reason ?? 'operator');
      await removeSigningKey(target.keyId, { reason, by: onRecord({ actor, ...by }) });
    }
    const keys = await revokeKeysOf(target, event.at, { revocations, apiKeyRevoker });
    const effectiveWithin = await secondsFor(target, marked);

    const finish = async (): Promise<RevocationCounts> => {
      // First, as what is issued from the acknowledgement on is to stay.
      const records = await revocations.sweep(target, { existing: isLarge(target) });
      const { tokens, blocks } = await revokedTokens.count(marked);
      const counts = {
        tokens: tokens + ('token' in target ? 1 : 0),
        ...{ clientBlocks: blocks, records, keys },
      };
      await audit.record({
        ...event,
        details: {
          ...event.details,
          tokens: counts.tokens,
          client_blocks: counts.clientBlocks,
          records: counts.records,
          ...(ownerIn(target) && { api_keys: keys }),
          effective_within: effectiveWithin,
        },
      });
      await markers.finish(marked.key, begun);
      return counts;
    };
    return { effectiveWithin, marked, finished: claims.hold(nameOf(marked, begun), finish) };
  };

  /** Nobody waits for what takes as long as there are tokens. The rest is complete at once. */
  const acknowledge = async (
    target: RevocationTarget,
    outcome: RevocationOutcome,
  ): Promise<RevocationOutcome> => {
    if (isLarge(target)) outcome.finished.catch(() => {});
    else await outcome.finished;
    return outcome;
  };

  const secondsFor = async (
    target: RevocationTarget,
    marked: RevocationMarker,
  ): Promise<number> => {
    const ifAny = async () => ((await revokedTokens.any(marked)) ? maxEffectiveWithin : 0);
    // What was exchanged for a token is a JWT and may live longer.
    if ('record' in target) return ifAny();
    if ('token' in target) return (await ifAny()) || atMost(target.expiresAt - clock.now());
    const api = 'api' in target ? apis.find(target.api) : undefined;
    // An API may have had JWTs until its declaration changed.
    if (api?.format === 'opaque') return ifAny();
    return api ? atMost(api.lifetimeSeconds * 1000) : maxEffectiveWithin;
  };
  /** For tokens with this much life left. A verifier may accept them slightly longer. */
  const atMost = (leftMs: number) =>
    Math.min(maxEffectiveWithin, Math.max(0, Math.ceil((leftMs + clockSkewMs) / 1000)));

  const begin = async (work: PendingRevocation): Promise<RevocationMarker> =>
    revocations.mark(work.target, JSON.stringify(work));

  const eventOf = (
    target: RevocationTarget,
    { reason, details, ...order }: RevocationOrder,
  ): FixedAuditEvent => ({
    ...{ id: randomId(), at: clock.now(), outcome: 'success', ...order },
    target: auditTargetOf(target),
    details: { ...details, ...(reason !== undefined && { reason }) },
  });

  /** False: another process is at it. */
  const takeOver = (marked: RevocationMarker, work: PendingRevocation, begun: number) =>
    claims.take(nameOf(marked, begun), async () => {
      if (work.change) await makeChange(work.change);
      await (await complete(marked, work, begun)).finished;
    });

  return {
    async throwSwitch(target, order) {
      const work: PendingRevocation = { target, event: eventOf(target, order) };
      const marked = await begin(work);
      return acknowledge(target, await complete(marked, work, marked.sequence));
    },

    async throwWithChange(target, order, change) {
      const work: PendingRevocation = {
        target,
        event: eventOf(target, order),
        change,
        again: true,
      };
      const marked = await begin(work);
      const isMade = await makeChange(change);
      const { change: _made, ...rest } = work;
      const outcome = await acknowledge(target, await complete(marked, rest, marked.sequence));
      await forAWhile(outcome.finished);
      return isMade ? outcome : undefined;
    },

    async changeAndRevoke(target, order, change) {
      const work: PendingRevocation = { target, event: eventOf(target, order), again: true };
      const marked = await begin(work);
      const changed = await change();
      const outcome = await acknowledge(target, await complete(marked, work, marked.sequence));
      await forAWhile(outcome.finished);
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
          if (await takeOver(marked, work, begun)) resumed += 1;
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

/** Of the work that this put brought. */
function nameOf({ key }: RevocationMarker, begun: number): string {
  return `${begun} ${key}`;
}

/** What fails is finished later by whoever resumes it. */
async function forAWhile(work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const time = sleep(patienceMs, undefined, { signal: enough.signal }).catch(() => {});
  await Promise.race([work.catch(() => {}), time]);
  enough.abort();
}

/** Whether any number of tokens may depend on it. */
function isLarge(target: RevocationTarget): boolean {
  const names = ['clientId', 'api', 'keyId', 'everything', 'tokensOfProject', 'keysOfProject'];
  return names.some((name) => name in target);
}
