/**
 * The order of the checks on an access token. Waiting for the issuer happens in issuer_keys.ts and
 * list_follower.ts.
 */
import { createClientAddress } from '../api_keys/client_address.ts';
import { checkNetworks, sourceKeysOf } from '../api_keys/source_keys.ts';
import { type ErrorCode, Refusal } from '../errors.ts';
import type { IssuerKeys } from '../issuer_keys/issuer_keys.ts';
import type { VerifierSettings } from '../options.ts';
import type { Scheme } from '../requests/challenge.ts';
import type { Presented } from '../requests/presented.ts';
import type { FollowedLists, ListVerdict } from '../status_lists/followed_lists.ts';
import { readStatusClaim, statusListBase } from '../status_lists/status_claim.ts';
import { settledWithin } from '../timing.ts';
import type { RevocationCheck, VerifiedToken } from '../verifier.ts';
import { completeClaims, createAccessTokens, tokenEnvironment } from './access_token.ts';
import { type Binding, checkBinding } from './binding.ts';
import type { ReplayCache } from './replay_cache.ts';

/**
 * Rejects with Refusal, or with an error of jose that `codeOf` maps. `input`: what `verify` was given. Scopes
 * are checked elsewhere.
 */
export type TokenCheck = (presented: Presented, input: unknown) => Promise<VerifiedToken>;

const refusalCodes: Record<Exclude<ListVerdict, 'valid' | 'blind'>, ErrorCode> = {
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
  settings: VerifierSettings;
  keys: IssuerKeys;
  lists: FollowedLists;
  replays: ReplayCache;
}): TokenCheck {
  const { acceptsBlind, clock, dpop, issuer } = settings;
  const tokens = createAccessTokens({ settings, keys });
  const listBase = statusListBase(issuer);
  const addressOf = createClientAddress(settings);

  /** The revocation state while blind, if accepting is allowed; throws otherwise. */
  const acceptBlind = (code: 'keys_unavailable' | 'status_unavailable'): 'unknown' => {
    if (!acceptsBlind) throw new Refusal(code);
    return 'unknown';
  };

  const revocationOf = (verdict: ListVerdict): RevocationCheck => {
    if (verdict === 'valid') return 'checked';
    if (verdict === 'blind') return acceptBlind('status_unavailable');
    throw new Refusal(refusalCodes[verdict]);
  };

  /** Returns a promise only if the list has to be waited for: a promise costs as much as the check itself. */
  const checkRevocation = (status: unknown): RevocationCheck | Promise<RevocationCheck> => {
    const reference = readStatusClaim(status, listBase);
    if (!reference) {
      if (settings.requireStatus) throw new Refusal('status_missing');
      return 'none';
    }
    const verdict = lists.check(reference.uri, reference.index);
    return typeof verdict === 'string' ? revocationOf(verdict) : verdict.then(revocationOf);
  };

  /** Called only when the keys are stale: waits for an attempt that is under way and checks again. */
  const reviveKeys = async (): Promise<'unknown' | undefined> => {
    const attempt = keys.attempt();
    if (attempt) await settledWithin(attempt, settings.timeoutMs);
    return keys.isStale(clock.now()) ? acceptBlind('keys_unavailable') : undefined;
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
    const environment = tokenEnvironment(claims, settings);
    const apiKeys = sourceKeysOf(claims);
    if (settings.clientAddress) checkNetworks(apiKeys, addressOf(input));
    const binding =
      claims.cnf === undefined
        ? checkUnbound(scheme)
        : await checkBinding(claims.cnf, presented, input, { settings, replays });
    // Waits last, so that the result reflects the newest keys and list.
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
