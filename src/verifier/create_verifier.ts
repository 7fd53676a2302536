/**
 * Puts the verifier together. The checks on a token are in token_check.ts.
 */
import { codeOf } from './access_tokens/access_token.ts';
import { createReplayCache } from './access_tokens/replay_cache.ts';
import { createTokenCheck } from './access_tokens/token_check.ts';
import { createApiKeys } from './api_keys/api_keys.ts';
import { displayOf } from './api_keys/key_format.ts';
import { Refusal, VerifierError } from './errors.ts';
import { createIssuerKeys } from './issuer_keys/issuer_keys.ts';
import type { ApiKeyOptions, VerifierOptions } from './options.ts';
import { parseOptions } from './parse_options.ts';
import { createReporter } from './reporter.ts';
import { createChallenges } from './requests/challenge.ts';
import { createIssuerHttp } from './requests/issuer_requests.ts';
import { type Presented, readPresented } from './requests/presented.ts';
import { buildResourceMetadata } from './requests/resource_metadata.ts';
import { checkSignIn, type SignInOptions, signInMistakes, signInOf } from './sign_ins.ts';
import { createFollowedLists } from './status_lists/followed_lists.ts';
import { parseScopes } from './value_checks.ts';
import type { Verified, VerifiedToken, Verifier, VerifyOptions } from './verifier.ts';

const tendEveryMs = 500;

/** Throws TypeError naming every mistake in the options. */
export function createVerifier(
  options: VerifierOptions & { api_keys?: undefined },
): Verifier<VerifiedToken>;
export function createVerifier(options: VerifierOptions & { api_keys: ApiKeyOptions }): Verifier;
export function createVerifier(options: VerifierOptions): Verifier;
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = parseOptions(options);
  const { clock, dpop, issuer, apiKeys: keySettings } = settings;
  const report = createReporter(settings.onEvent);
  const http = createIssuerHttp(settings.fetch);
  const keys = createIssuerKeys({ settings, http, report });
  const lists = createFollowedLists({ settings, http, keys, report });
  const replays = createReplayCache(
    dpop?.max_proofs ?? 0,
    (dpop?.max_age ?? 0) + 2 * settings.clockTolerance,
  );
  const checkToken = createTokenCheck({ settings, keys, lists, replays });
  const apiKeys = keySettings && createApiKeys({ settings, keySettings, report });
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
    challengeScopes: settings.challengeScopes,
    ...offered,
  });
  let closed = false;
  const tending = setInterval(() => {
    const now = clock.now();
    keys.watch(now);
    lists.tend(now);
    replays.sweep(now / 1000);
    apiKeys?.tend();
  }, tendEveryMs).unref();

  const check = (presented: Presented, input: unknown): Promise<Verified> => {
    if (apiKeys?.isKey(presented)) return apiKeys.verify(presented, input);
    if (apiKeys?.required) throw new Refusal('api_key_required');
    const checked = checkToken(presented, input);
    return apiKeys ? checked.then((token) => apiKeys.verifyToken(token, input)) : checked;
  };

  const onLeakedKey = (key: string) => {
    report.event({ type: 'key_in_query', display: displayOf(key) });
    apiKeys?.reportLeaked(key);
  };

  const refused = (
    cause: unknown,
    presented: Presented | undefined,
    needs: Needs,
  ): VerifierError => {
    // Anything else that a hostile request or token caused is a refusal too.
    const unforeseen = presented ? codeOf(cause) : 'invalid_request';
    const code = cause instanceof Refusal ? cause.code : unforeseen;
    if (code === 'replay_unavailable') report.event({ type: 'replay_cache_full' });
    const { refused_total: totals } = report.counters;
    totals[code] = (totals[code] ?? 0) + 1;
    return new VerifierError(
      code,
      challenge(code, { scheme: presented?.scheme, ...needs }),
      cause instanceof Refusal ? cause : { cause },
    );
  };

  return {
    async verify(input, options) {
      const needs = needsOf(options ?? {}, settings);
      let presented: Presented | undefined;
      try {
        if (closed) throw new Refusal('closed');
        presented = readPresented(input, { keySchemes: keySettings?.schemes, onLeakedKey });
        const verified = await check(presented, input);
        for (const scope of needs.scopes) {
          if (!verified.scopes.includes(scope)) throw new Refusal('insufficient_scope');
        }
        checkSignIn(verified.claims, needs.signIn, {
          now: clock.now() / 1000,
          tolerance: settings.clockTolerance,
        });
        report.counters.verified_total += 1;
        if (verified.revocation === 'unknown') report.counters.accepted_blind_total += 1;
        return verified;
      } catch (cause) {
        throw refused(cause, presented, needs);
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
        api_keys: apiKeys?.size() ?? 0,
      };
    },
    resourceMetadata,
    async close() {
      closed = true;
      clearInterval(tending);
      keys.close();
      lists.close();
      http.close();
      await apiKeys?.close();
    },
  };
}

/** What a request needs besides a valid credential. */
type Needs = { scopes: readonly string[]; signIn: SignInOptions };

/** Throws TypeError. */
function needsOf(options: VerifyOptions, settings: Needs): Needs {
  const scopes = options.scopes === undefined ? settings.scopes : parseScopes(options.scopes);
  if (!scopes) throw new TypeError('scopes must be scope names (RFC 6749 section 3.3)');
  const [mistake] = signInMistakes(options);
  if (mistake !== undefined) throw new TypeError(mistake);
  return { scopes, signIn: { ...settings.signIn, ...signInOf(options) } };
}
