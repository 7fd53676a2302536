/**
 * The verifier: the rooms below put together, and the order of the checks. All waiting for the issuer is in
 * keys.ts and list_follower.ts.
 */
import { codeOf, completeClaims, createAccessTokens } from './access_token.ts';
import { type Binding, checkBinding } from './binding.ts';
import { createChallenges, type Scheme } from './challenge.ts';
import { type ErrorCode, Refusal, VerifierError } from './errors.ts';
import { createFollowedLists, type Verdict } from './followed_lists.ts';
import { createHttp } from './http.ts';
import { createKeys } from './keys.ts';
import { parseScopes } from './option_checks.ts';
import type { VerifierOptions } from './options.ts';
import { parseOptions } from './parse_options.ts';
import { type Presented, readPresented } from './presented.ts';
import { createReplayCache } from './replay_cache.ts';
import { createReport } from './report.ts';
import { buildResourceMetadata } from './resource_metadata.ts';
import { readStatusClaim, statusListBase } from './status_claim.ts';
import { settledWithin } from './timing.ts';
import type { Revocation, Verifier } from './verifier.ts';

const tendEveryMs = 500;

const refusalOf: Record<Exclude<Verdict, 'valid' | 'blind'>, ErrorCode> = {
  revoked: 'revoked',
  gone: 'status_list_gone',
  beyond: 'status_invalid',
};

/** Throws TypeError that names every mistake in the options. */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = parseOptions(options);
  const { acceptsBlind, clock, dpop, issuer } = settings;
  const report = createReport(settings.onEvent);
  const http = createHttp(settings.fetch);
  const keys = createKeys({ settings, http, report });
  const lists = createFollowedLists({ settings, http, keys, report });
  const replays = createReplayCache(
    dpop?.max_proofs ?? 0,
    (dpop?.max_age ?? 0) + 2 * settings.clockTolerance,
  );
  const tokens = createAccessTokens({ settings, keys });
  const listBase = statusListBase(issuer);
  const offered = {
    proofAlgorithms: dpop?.algorithms ?? [],
    proofRequired: dpop?.required ?? false,
  };
  const resourceMetadata =
    settings.resourceMetadata &&
    buildResourceMetadata(settings.resourceMetadata, { issuer, ...offered });
  const challenge = createChallenges({
    realm: settings.realm,
    resourceMetadata: resourceMetadata?.url,
    ...offered,
  });
  let closed = false;
  const tending = setInterval(() => {
    const now = clock.now();
    keys.watch(now);
    lists.tend(now);
    replays.sweep(now / 1000);
  }, tendEveryMs).unref();

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

  const refused = (
    cause: unknown,
    presented: Presented | undefined,
    scopes: readonly string[],
  ): VerifierError => {
    // Whatever else a hostile request or token made throw is a refusal too.
    const unforeseen = presented ? codeOf(cause) : 'invalid_request';
    const code = cause instanceof Refusal ? cause.code : unforeseen;
    if (code === 'replay_unavailable') report.event({ type: 'replay_cache_full' });
    const { refused_total: totals } = report.counters;
    totals[code] = (totals[code] ?? 0) + 1;
    const origin = cause instanceof Refusal ? cause.cause : cause;
    return new VerifierError(code, challenge(code, { scheme: presented?.scheme, scopes }), origin);
  };

  return {
    async verify(input, options) {
      const scopes = options?.scopes === undefined ? settings.scopes : parseScopes(options.scopes);
      if (!scopes) throw new TypeError('scopes must be scope names (RFC 6749 section 3.3)');
      let presented: Presented | undefined;
      try {
        if (closed) throw new Refusal('closed');
        presented = readPresented(input);
        const { token, scheme } = presented;
        const { payload, protectedHeader: header } = await tokens.read(token);
        const now = clock.now();
        const claims = completeClaims(payload, now / 1000, settings);
        const binding =
          claims.cnf === undefined
            ? checkUnbound(scheme)
            : await checkBinding(claims.cnf, presented, input, { settings, replays });
        // Last of what waits, so that the answer is of the newest keys and list.
        const blind = keys.isStale(now) ? await reviveKeys() : undefined;
        const status = checkRevocation(claims.status);
        const revocation = blind ?? (typeof status === 'string' ? status : await status);
        const granted = claims.scope ? claims.scope.split(' ') : [];
        for (const scope of scopes) {
          if (!granted.includes(scope)) throw new Refusal('insufficient_scope');
        }
        report.counters.verified_total += 1;
        if (revocation === 'unknown') report.counters.accepted_blind_total += 1;
        return { token, claims, header, scopes: granted, binding, revocation };
      } catch (cause) {
        throw refused(cause, presented, scopes);
      }
    },
    ready: () => keys.started,
    metrics() {
      const { lists: count, bytes, oldestAge } = lists.size();
      return {
        ...report.counters,
        refused_total: { ...report.counters.refused_total },
        blind: report.isBlind(),
        lists: count,
        list_bytes: bytes,
        oldest_list_age: oldestAge,
        proofs: replays.size(),
      };
    },
    resourceMetadata,
    close() {
      closed = true;
      clearInterval(tending);
      keys.close();
      lists.close();
      http.close();
    },
  };
}
