/**
 * The verifier: the rooms below put together, and the order of the checks. All waiting for the issuer is in
 * keys.ts and list_follower.ts.
 */
import type { CompactJWSHeaderParameters } from 'jose';
import { type AccessTokenClaims, createAccessTokenReader } from './access_token.ts';
import { type Binding, checkBinding } from './binding.ts';
import { createChallenges, type Scheme } from './challenge.ts';
import { Refusal, VerifierError } from './errors.ts';
import { createFollowedLists } from './followed_lists.ts';
import { createHttp } from './http.ts';
import { createKeys } from './keys.ts';
import type { VerifierOptions } from './options.ts';
import { parseOptions, parseScopes } from './parse_options.ts';
import { type PlainRequest, type Presented, type RequestLike, readPresented } from './presented.ts';
import { createReplayCache } from './replay_cache.ts';
import { createReport, type VerifierMetrics } from './report.ts';
import { buildResourceMetadata, type ResourceMetadata } from './resource_metadata.ts';
import { readStatusClaim } from './status_claim.ts';
import { settledWithin } from './timing.ts';

export type VerifiedToken = {
  token: string;
  claims: AccessTokenClaims;
  header: CompactJWSHeaderParameters;
  scopes: readonly string[];
  binding: Binding;
  /** `unknown`: accepted while blind; `none`: the token cannot be revoked. */
  revocation: 'checked' | 'unknown' | 'none';
};

export type VerifyOptions = {
  /** All of them are needed; in place of the verifier's own `scopes`. */
  scopes?: string | readonly string[];
};

export type Verifier = {
  /** Rejects with VerifierError, and with TypeError when `options` are wrong. */
  verify(
    request: string | RequestLike | PlainRequest,
    options?: VerifyOptions,
  ): Promise<VerifiedToken>;
  /** Resolves once the issuer's keys were fetched, or that failed; `verify` need not wait for it. */
  ready(): Promise<void>;
  metrics(): VerifierMetrics;
  /** To be served at its `path`; middleware does. Undefined without the option. */
  readonly resourceMetadata: ResourceMetadata | undefined;
  /** Stops all that goes on in the background. */
  close(): void;
};

const tendEveryMs = 500;

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
  const readAccessToken = createAccessTokenReader({ settings, keys });
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

  /** The word of whoever is blind and may accept; throws for who may not. */
  const blindly = (code: 'keys_unavailable' | 'status_unavailable'): 'unknown' => {
    if (!acceptsBlind) throw new Refusal(code);
    return 'unknown';
  };

  const checkRevocation = async (status: unknown): Promise<VerifiedToken['revocation']> => {
    const reference = readStatusClaim(status, issuer);
    if (!reference) {
      if (settings.requireStatus) throw new Refusal('status_missing');
      return 'none';
    }
    const answer = lists.check(reference.uri, reference.index);
    const verdict = typeof answer === 'string' ? answer : await answer;
    if (verdict === 'valid') return 'checked';
    if (verdict === 'revoked') throw new Refusal('revoked');
    if (verdict === 'gone') throw new Refusal('status_list_gone');
    if (verdict === 'beyond') throw new Refusal('status_invalid');
    return blindly('status_unavailable');
  };

  const checkKeys = async (): Promise<'known' | 'unknown'> => {
    if (!keys.isStale(clock.now())) return 'known';
    const attempt = keys.attempt();
    if (attempt) await settledWithin(attempt, settings.timeoutMs);
    return keys.isStale(clock.now()) ? blindly('keys_unavailable') : 'known';
  };

  const check = async (presented: Presented, input: unknown, scopes: readonly string[]) => {
    const { claims, header } = await readAccessToken(presented.token);
    const { cnf } = claims;
    let binding: Binding = 'none';
    if (cnf !== undefined) {
      binding = await checkBinding(cnf, presented, input, { settings, replays });
    } else if (presented.scheme === 'DPoP') throw new Refusal('token_not_bound');
    else if (dpop?.required) throw new Refusal('binding_required');
    // Last of what waits, so that the answer is of the newest list.
    const known = keys.isStale(clock.now()) ? await checkKeys() : 'known';
    const status = await checkRevocation(claims.status);
    const granted = claims.scope === undefined ? [] : claims.scope.split(' ');
    for (const scope of scopes) {
      if (!granted.includes(scope)) throw new Refusal('insufficient_scope');
    }
    const revocation = known === 'unknown' ? known : status;
    return { token: presented.token, claims, header, scopes: granted, binding, revocation };
  };

  return {
    async verify(input, { scopes } = {}) {
      const needed = scopes === undefined ? settings.scopes : parseScopes(scopes);
      if (!needed) throw new TypeError('scopes must be scope names (RFC 6749 section 3.3)');
      let scheme: Scheme | undefined;
      try {
        if (closed) throw new Refusal('closed');
        const presented = readPresented(input);
        scheme = presented.scheme;
        const verified = await check(presented, input, needed);
        report.counters.verified_total += 1;
        if (verified.revocation === 'unknown') report.counters.accepted_blind_total += 1;
        return verified;
      } catch (cause) {
        // Whatever a hostile request made throw is a refusal too.
        const code = cause instanceof Refusal ? cause.code : 'invalid_request';
        if (code === 'replay_unavailable') report.event({ type: 'replay_cache_full' });
        const { refused_total: refused } = report.counters;
        refused[code] = (refused[code] ?? 0) + 1;
        const origin = cause instanceof Refusal ? cause.cause : cause;
        throw new VerifierError(code, challenge(code, { scheme, scopes: needed }), origin);
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
