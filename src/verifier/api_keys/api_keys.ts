/**
 * API keys: which credentials are API keys, and what Cardea's verdicts on them mean here. Keys cannot be
 * verified offline. When Cardea is asked and how uses are counted is decided in key_uses.ts.
 */
import { type ErrorCode, Refusal } from '../errors.ts';
import type { ApiKeySettings, VerifierSettings } from '../options.ts';
import type { Reporter } from '../reporter.ts';
import { createIssuerHttp } from '../requests/issuer_requests.ts';
import type { Presented } from '../requests/presented.ts';
import { settledWithin } from '../timing.ts';
import type { VerifiedApiKey, VerifiedToken } from '../verifier.ts';
import { createClientAddress } from './client_address.ts';
import { readApiKey } from './key_format.ts';
import { createKeyQueries, KeysUnavailable } from './key_queries.ts';
import type { InvalidKey, ValidKey } from './key_results.ts';
import { createApiKeyUses, type Used } from './key_uses.ts';

export type ApiKeys = {
  /** By its form, or because it was sent where only API keys are sent. */
  isKey(presented: Presented): boolean;
  /** Rejects with Refusal. `input`: what `verify` was given. */
  verify(presented: Presented, input: unknown): Promise<VerifiedApiKey>;
  /** The same for a verified token, if an API key is behind it and Cardea is to be asked about tokens. */
  verifyToken(token: VerifiedToken, input: unknown): Promise<VerifiedToken>;
  /** Reports a key that was sent in a URL to Cardea, without waiting for the outcome. */
  reportLeaked(key: string): void;
  /** Access tokens are refused. */
  required: boolean;
  tend(): void;
  size(): number;
  /** Reports the uses that Cardea does not know about yet. */
  close(): Promise<void>;
};

const codes: Record<string, ErrorCode> = {
  malformed: 'api_key_malformed',
  unknown: 'api_key_unknown',
  revoked: 'api_key_revoked',
  expired: 'api_key_expired',
  disabled: 'api_key_disabled',
  ip_not_allowed: 'api_key_ip_not_allowed',
  wrong_environment: 'api_key_wrong_environment',
  insufficient_scope: 'insufficient_scope',
  rate_limited: 'rate_limited',
  quota_exceeded: 'quota_exceeded',
};

/** Reports of keys in URLs that may be under way at the same time. */
const maxReports = 20;
const ignore = () => {};

export function createApiKeys({
  settings,
  keySettings,
  report,
}: {
  settings: VerifierSettings;
  keySettings: ApiKeySettings;
  report: Reporter;
}): ApiKeys {
  const { environment } = settings;
  const { prefix } = keySettings;
  // Separate from the other requests, so that the last uses can be reported while everything else is aborted.
  const http = createIssuerHttp(settings.fetch);
  const queries = createKeyQueries({ settings: keySettings, http, report });
  const uses = createApiKeyUses({ settings, keySettings, queries, report });

  const reports = new Set<Promise<void>>();
  const addressOf = createClientAddress(settings);

  const askFor = async (key: string, input: unknown): Promise<Used> => {
    try {
      return await uses.use(key, addressOf(input));
    } catch (cause) {
      throw cause instanceof KeysUnavailable ? new Refusal('api_keys_unavailable', cause) : cause;
    }
  };

  const refusalFor = ({ reason }: InvalidKey, { rateLimit }: Used): Refusal => {
    const code = Object.hasOwn(codes, reason) ? codes[reason] : undefined;
    return new Refusal(code ?? 'api_key_unknown', undefined, rateLimit ?? undefined);
  };

  const describe = (result: ValidKey, { rateLimit, quota, isBlind }: Used): VerifiedApiKey => {
    const { keyId, api, project, user, scopes, tier, expiresAt, metadata } = result;
    return {
      kind: 'api_key',
      key_id: keyId,
      project,
      user,
      scopes,
      tier,
      environment: result.environment,
      expires_at: expiresAt,
      metadata,
      rate_limit: rateLimit,
      quota,
      binding: 'none',
      revocation: isBlind ? 'unknown' : 'checked',
      claims: {
        iss: settings.issuer,
        // Exactly one of the two is set.
        sub: user ?? project ?? '',
        aud: api,
        client_id: keyId,
        jti: keyId,
        scope: scopes.join(' '),
        api_key_id: keyId,
        environment: result.environment,
        ...(project !== undefined && { project }),
        act: { sub: keyId },
        ...(expiresAt !== null && { exp: Math.floor(Date.parse(expiresAt) / 1000) }),
      },
    };
  };

  return {
    isKey({ token, place }) {
      const form = readApiKey(token);
      return (
        place === 'x-api-key' || (form !== undefined && form.prefix === (prefix ?? form.prefix))
      );
    },
    async verify({ token, scheme }, input) {
      if (scheme === 'DPoP') throw new Refusal('token_not_bound');
      const form = readApiKey(token);
      // Anything that is not one of Cardea's keys may be somebody else's secret: it is sent nowhere.
      if (!form?.isChecksumRight || form.prefix !== (prefix ?? form.prefix)) {
        throw new Refusal('api_key_malformed');
      }
      if (environment !== 'any' && form.environment !== environment) {
        throw new Refusal('api_key_wrong_environment');
      }
      const used = await askFor(token, input);
      const { result } = used;
      if (!result.valid) throw refusalFor(result, used);
      // The client may be several APIs, and Cardea cannot know which of them this is.
      if (!settings.audience.includes(result.api)) throw new Refusal('api_key_wrong_audience');
      if (result.environment !== form.environment) throw new Refusal('api_key_wrong_environment');
      return describe(result, used);
    },
    async verifyToken(verified, input) {
      if (!keySettings.asksForTokens || verified.api_keys.length === 0) return verified;
      const used = await askFor(verified.token, input);
      const { result, rateLimit, quota, isBlind } = used;
      if (!result.valid) throw refusalFor(result, used);
      return {
        ...{ ...verified, rate_limit: rateLimit, quota },
        revocation: isBlind ? 'unknown' : verified.revocation,
      };
    },
    reportLeaked(key) {
      // Callers can make up as many as they like.
      if (!queries.takesReports() || reports.size >= maxReports) return;
      const report = queries
        .ask([{ key, address: '', isLeaked: true }])
        .then(ignore, ignore)
        .finally(() => reports.delete(report));
      reports.add(report);
    },
    required: keySettings.required,
    tend: uses.tend,
    size: uses.size,
    async close() {
      await settledWithin(Promise.all([uses.finish(), ...reports]), 2 * keySettings.timeoutMs);
      http.close();
    },
  };
}
