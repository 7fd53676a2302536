/**
 * Whether a key, or a token exchanged for one, may be used now, for this purpose, from this address; and the
 * counting of that use. It owns the order of the checks and the reason for each refusal. Who may see the
 * verdict is decided by the routes.
 *
 * Cheap checks come first: a malformed key never reaches the store. Nothing is decided without the store,
 * because each request must know that nothing was revoked in the meantime (key_cache.ts).
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { Clock } from '../../clock.ts';
import type { KeyEnvironment } from '../../definitions/api_keys.ts';
import { equalDigests, sha256 } from '../../digests.ts';
import { parseAddress } from '../../net/networks.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { UsageCounts } from '../../storage/usage.ts';
import { isOwnerActive } from '../lifecycle/owners.ts';
import { parseKey } from '../model/key_format.ts';
import { scopesNow } from '../model/policy.ts';
import { effectiveLimits, type TierPolicy, tierOf } from '../model/tiers.ts';
import {
  type InvalidVerdict,
  type KeyVerdict,
  type RateState,
  type RefusalReason,
  refusalReasons,
} from '../model/verdict.ts';
import type { GuessLimit, GuessOrigin } from './guess_limit.ts';
import type { KeyCache, KnownKey } from './key_cache.ts';
import type { KeyLimits, LimitDecision } from './key_limits.ts';
import type { UsageRecorder } from './usage_recorder.ts';

export type VerificationRequest = {
  /** The key as it was presented. */
  key: string;
  /** Identifiers of the APIs whose keys the requester may know; undefined: all. */
  api?: readonly string[] | undefined;
  /** The key must have all of these. */
  scopes?: readonly string[] | undefined;
  /** The environment that the requester accepts; undefined: either. */
  environment?: KeyEnvironment | undefined;
  /** The address that uses the key; undefined or empty if unknown: then no allowlist matches. */
  ip?: string | undefined;
  /**
   * The sequence number of the last revocation, if it was read after the request arrived; undefined: it is read
   * now.
   */
  asOf?: number | undefined;
  /** False: not a use. No limit is checked and nothing is counted. */
  count?: boolean | undefined;
  /**
   * The requester already allowed this use, based on a very recent verdict, so it does not count as refused.
   */
  used?: boolean | undefined;
};

/** A use of an active token that API keys are behind. */
export type TokenUse = Pick<VerificationRequest, 'ip' | 'asOf' | 'count' | 'used'> & {
  /** Their ids; at least one. */
  keyIds: readonly string[];
  /** Why the token itself may not be used, whatever its keys allow; undefined if it may. */
  reason?: RefusalReason | undefined;
};

export type KeyVerification = {
  /** Throws StoreUnavailableError: nothing was decided. */
  verify(request: VerificationRequest): Promise<KeyVerdict>;
  /**
   * The same for a token. A use of it is a use of every key behind it. Resolves to the verdict on the first
   * key, or on the one that is refused. Throws StoreUnavailableError.
   */
  verifyToken(use: TokenUse): Promise<KeyVerdict>;
  /**
   * Counts refusals that a requester gave by itself, based on an earlier verdict, by reason. `keyId`: the key's
   * id.
   */
  noteRefused(
    keyId: string,
    refused: Partial<Record<RefusalReason, number>>,
    asOf?: number,
  ): Promise<void>;
};

/** Called with each verdict that was counted and the number of uses it stands for. Must not take time. */
export type VerdictObserver = (
  verdict: KeyVerdict,
  request: Pick<VerificationRequest, 'ip'>,
  times: number,
) => void;

/** A verdict on a key that exists. */
type KnownKeyVerdict = KeyVerdict & { record: ApiKeyRecord };

const outcomes: Partial<Record<RefusalReason, keyof UsageCounts>> = {
  rate_limited: 'limited',
  quota_exceeded: 'limited',
};

/** How usage counts a verdict. */
export function usageOutcomeOf(verdict: KeyVerdict): keyof UsageCounts {
  return verdict.valid ? 'allowed' : (outcomes[verdict.reason] ?? 'denied');
}

export function createKeyVerification({
  cache,
  limits,
  usage,
  guessing,
  apis,
  policy,
  clock,
  observe = () => {},
}: {
  cache: KeyCache;
  limits: KeyLimits;
  usage: Pick<UsageRecorder, 'count'>;
  guessing: GuessLimit;
  apis: Pick<ApiRegistry, 'find'>;
  policy: TierPolicy;
  clock: Clock;
  observe?: VerdictObserver;
}): KeyVerification {
  /** The verdict on a key that the requester may not know, whether it exists or not. */
  const unknownKey = (request: VerificationRequest): InvalidVerdict => {
    const origin = originOf(request);
    const wait = origin ? guessing.waitFor(origin) : 0;
    if (wait === 0) return invalidVerdict('unknown');
    return { valid: false, reason: 'rate_limited', rateLimit: waitState(wait) };
  };

  const find = async (request: VerificationRequest): Promise<KnownKey | InvalidVerdict> => {
    const { key, api } = request;
    if (!parseKey(key)?.isChecksumRight) return invalidVerdict('malformed');
    const hash = sha256(key);
    const known = await cache.find(hash, request.asOf);
    if (!known || !equalDigests(known.record.hash, hash)) return unknownKey(request);
    // The requester may not know keys of other APIs.
    return api && !api.includes(known.record.api) ? unknownKey(request) : known;
  };

  /** Why the key may not be used; undefined if it may. Limits are checked later. */
  const refusalReason = (
    known: KnownKey,
    request: Pick<VerificationRequest, 'environment' | 'ip' | 'scopes'>,
  ): RefusalReason | undefined => {
    const { record } = known;
    if (known.isRevoked || record.revokedAt !== undefined) return 'revoked';
    if (record.expiresAt !== undefined && record.expiresAt <= clock.now()) return 'expired';
    if (record.disabledAt !== undefined || !isOwnerActive(record, known)) return 'disabled';
    const api = apis.find(record.api);
    // Or it was for an API that had the identifier earlier.
    if (!api || record.createdAt < api.since) return 'disabled';
    const { environment = record.environment, ip, scopes = [] } = request;
    if (environment !== record.environment) return 'wrong_environment';
    if (record.allowIps.length > 0 && !isFromAllowed(known, ip)) return 'ip_not_allowed';
    // A scope that was removed and defined again may mean more than before.
    if (!record.scopes.every((scope) => scope in api.scopes)) return 'insufficient_scope';
    const granted = scopesNow(record.scopes, api, known.project);
    return scopes.every((scope) => granted.includes(scope)) ? undefined : 'insufficient_scope';
  };

  const accept = (
    known: KnownKey,
    tier: string | undefined,
    decision: LimitDecision,
  ): KnownKeyVerdict => {
    const { record, project } = known;
    const rateLimit = decision.minute ?? decision.month;
    const api = apis.find(record.api);
    const scopes = api ? scopesNow(record.scopes, api, project) : [];
    return { valid: true, record, project, scopes, tier, rateLimit, quota: decision.month };
  };

  /** Called when nothing else is against the key. */
  const countUse = async (
    known: KnownKey,
    count: boolean | undefined,
  ): Promise<KnownKeyVerdict> => {
    const { record, project } = known;
    const tier = tierOf(record, project, policy);
    if (count === false) return accept(known, tier, {});
    const used = limits.use(record.lineage, effectiveLimits(record, tier, policy));
    const decision = used instanceof Promise ? await used : used;
    const { exceeded, minute, month } = decision;
    if (!exceeded) return accept(known, tier, decision);
    return exceeded === 'minute'
      ? { valid: false, reason: 'rate_limited', record, rateLimit: minute, quota: month }
      : { valid: false, reason: 'quota_exceeded', record, rateLimit: month, quota: month };
  };

  const note = (
    verdict: KnownKeyVerdict,
    request: Pick<VerificationRequest, 'ip'>,
    times: number,
  ) => {
    usage.count(verdict.record, usageOutcomeOf(verdict), times);
    observe(verdict, request, times);
  };

  const countVerdict = (
    verdict: KnownKeyVerdict,
    request: Pick<VerificationRequest, 'ip' | 'count' | 'used'>,
  ): KnownKeyVerdict => {
    if (request.count === false) return verdict;
    if (verdict.valid || !request.used) note(verdict, request, 1);
    // A use that exceeds the limit per minute is reported again.
    else if (verdict.reason !== 'rate_limited') usage.count(verdict.record, 'allowed', 1);
    return verdict;
  };

  return {
    async verify(request) {
      const found = await find(request);
      if ('valid' in found) {
        const origin = originOf(request);
        if (origin && found.reason !== 'rate_limited') await guessing.failed(origin);
        if (request.count !== false) observe(found, request, 1);
        return found;
      }
      const reason = refusalReason(found, request);
      if (reason) return countVerdict({ valid: false, reason, record: found.record }, request);
      return countVerdict(await countUse(found, request.count), request);
    },

    async verifyToken({ keyIds, reason: own, ...use }) {
      const found = await Promise.all(keyIds.map((id) => cache.findById(id, use.asOf)));
      const keys = found.filter((known) => known !== undefined);
      if (keys.length < keyIds.length) return invalidVerdict('unknown');
      // No use is taken from one key if another key refuses it.
      for (const known of keys) {
        const reason = refusalReason(known, { ip: use.ip }) ?? own;
        if (reason) return countVerdict({ valid: false, reason, record: known.record }, use);
      }
      const verdicts: KnownKeyVerdict[] = [];
      for (const known of keys) {
        const verdict = await countUse(known, use.count);
        if (!verdict.valid) return countVerdict(verdict, use);
        verdicts.push(verdict);
      }
      for (const verdict of verdicts) countVerdict(verdict, use);
      const [first = invalidVerdict('unknown')] = verdicts;
      return first;
    },

    async noteRefused(keyId, refused, asOf) {
      const known = await cache.findById(keyId, asOf);
      if (!known) return;
      for (const reason of refusalReasons) {
        const verdict = { valid: false, reason, record: known.record } as const;
        if (refused[reason]) note(verdict, {}, refused[reason]);
      }
    },
  };
}

/** Without an address, guessers cannot be told apart. Hidden addresses (empty) count as one. */
function originOf({ ip, api = [] }: VerificationRequest): GuessOrigin | undefined {
  return ip === undefined ? undefined : { address: ip, requester: api.join(' ') };
}

function invalidVerdict(reason: RefusalReason): InvalidVerdict {
  return { valid: false, reason };
}

function isFromAllowed({ isAllowedFrom }: KnownKey, ip: string | undefined): boolean {
  const address = parseAddress(ip ?? '');
  return address !== undefined && isAllowedFrom(address);
}

function waitState(seconds: number): RateState {
  return { limit: 0, remaining: 0, reset: seconds, windowSeconds: seconds };
}
