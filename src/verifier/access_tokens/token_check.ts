/** The order of the checks of an access token. All waiting for the issuer is in keys.ts and list_follower.ts. */
import { createClientAddress } from '../api_keys/client_address.ts';
import { checkNetworks, keysBehind } from '../api_keys/source_keys.ts';
import { type ErrorCode, Refusal } from '../errors.ts';
import type { Keys } from '../issuer_keys/issuer_keys.ts';
import { settledWithin } from '../issuer_keys/timing.ts';
import type { Settings } from '../options.ts';
import type { Scheme } from '../requests/challenge.ts';
import type { Presented } from '../requests/presented.ts';
import type { FollowedLists, Verdict } from '../status_lists/followed_lists.ts';
import { readStatusClaim, statusListBase } from '../status_lists/status_claim.ts';
import type { Revocation, VerifiedToken } from '../verifier.ts';
import { completeClaims, createAccessTokens, environmentOf } from './access_token.ts';
import { type Binding, checkBinding } from './binding.ts';
import type { ReplayCache } from './replay_cache.ts';

/**
 * Rejects with Refusal, or with an error of jose's that `codeOf` knows. `input` is what `verify` was given.
 * Scopes are not looked at.
 */
export type TokenCheck = (presented: Presented, input: unknown) => Promise<VerifiedToken>;

const refusalOf: Record<Exclude<Verdict, 'valid' | 'blind'>, ErrorCode> = {
  revoked: 'revoked',
  gone: 'status_list_gone',
  beyond: 'status_invalid',
};

export function createTokenCheck({
  settings,
  keys,
  lists,
  replays,
}: {
  settings: Settings;
  keys: Keys;
  lists: FollowedLists;
  replays: ReplayCache;
}): TokenCheck {
  const { acceptsBlind, clock, dpop, issuer } = settings;
  const tokens = createAccessTokens({ settings, keys });
  const listBase = statusListBase(issuer);
  const addressOf = createClientAddress(settings);

  /** The word of who is blind and may accept; throws for who may not. */
  const blindly = (code: 'keys_unavailable' | 'status_unavailable'): 'unknown' => {
    if (!acceptsBlind) throw new Refusal(code);
    return 'unknown';
  };

  const revocationOf = (verdict: Verdict): Revocation => {
    if (verdict === 'valid') return 'checked';
    if (verdict === 'blind') return blindly('status_unavailable');
    throw new Refusal(refusalOf[verdict]);
  };

  /** A promise only where the list has to be waited for: a promise more costs what the check does. */
  const checkRevocation = (status: unknown): Revocation | Promise<Revocation> => {
    const reference = readStatusClaim(status, listBase);
    if (!reference) {
      if (settings.requireStatus) throw new Refusal('status_missing');
      return 'none';
    }
    const verdict = lists.check(reference.uri, reference.index);
    return typeof verdict === 'string' ? revocationOf(verdict) : verdict.then(revocationOf);
  };

  /** Only when the keys are stale: whether they still are after what is under way. */
  const reviveKeys = async (): Promise<'unknown' | undefined> => {
    const attempt = keys.attempt();
    if (attempt) await settledWithin(attempt, settings.timeoutMs);
    return keys.isStale(clock.now()) ? blindly('keys_unavailable') : undefined;
  };

  const checkUnbound = (scheme: Scheme): Binding => {
    if (scheme === 'DPoP') throw new Refusal('token_not_bound');
    if (dpop?.required) throw new Refusal('binding_required');
    return 'none';
  };

  return async (presented, input) => {
    const { token, scheme } = presented;
    const { payload, protectedHeader: header } = await tokens.read(token);
    const now = clock.now();
    const claims = completeClaims(payload, now / 1000, settings);
    const environment = environmentOf(claims, settings);
    const apiKeys = keysBehind(claims);
    if (settings.clientAddress) checkNetworks(apiKeys, addressOf(input));
    const binding =
      claims.cnf === undefined
        ? checkUnbound(scheme)
        : await checkBinding(claims.cnf, presented, input, { settings, replays });
    // Last of what waits, so that the answer is of the newest keys and list.
    const blind = keys.isStale(now) ? await reviveKeys() : undefined;
    const status = checkRevocation(claims.status);
    const revocation = blind ?? (typeof status === 'string' ? status : await status);
    const scopes = claims.scope ? claims.scope.split(' ') : [];
    return {
      kind: 'access_token',
      token,
      claims,
      header,
      scopes,
      environment,
      binding,
      revocation,
      api_keys: apiKeys,
    };
  };
}
