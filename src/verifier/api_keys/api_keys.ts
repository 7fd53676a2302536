/**
 * API keys: which credentials are one, and what Cardea's word on it means here. Keys cannot be verified
 * offline: when Cardea is asked, and how uses are counted, is in api_key_uses.ts.
 */
import { type ErrorCode, Refusal } from '../errors.ts';
import { settledWithin } from '../issuer_keys/timing.ts';
import type { ApiKeySettings, Settings } from '../options.ts';
import type { Report } from '../report.ts';
import { createHttp } from '../requests/issuer_requests.ts';
import type { Presented } from '../requests/presented.ts';
import type { VerifiedApiKey, VerifiedToken } from '../verifier.ts';
import { createClientAddress } from './client_address.ts';
import { readApiKey } from './format.ts';
import { createApiKeyQuestions, KeysUnavailable } from './questions.ts';
import type { InvalidKey, ValidKey } from './response.ts';
import { createApiKeyUses, type Used } from './uses.ts';

export type ApiKeys = {
  /** By its form, or because it came where only keys come. */
  isKey(presented: Presented): boolean;
  /** Rejects with Refusal. `input` is what `verify` was given. */
  verify(presented: Presented, input: unknown): Promise<VerifiedApiKey>;
  /** The same for a verified token, where it comes of a key and Cardea is to be asked. */
  verifyToken(token: VerifiedToken, input: unknown): Promise<VerifiedToken>;
  /** Tells Cardea of a key that came in a URL. What becomes of that holds nobody up. */
  reportLeaked(key: string): void;
  /** Tokens are refused. */
  required: boolean;
  tend(): void;
  size(): number;
  /** Tells Cardea of the uses that it does not know of yet. */
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

/** Keys in URLs that are being told of. */
const mostReports = 20;
const ignore = () => {};

export function createApiKeys({
  settings,
  keySettings,
  report,
}: {
  settings: Settings;
  keySettings: ApiKeySettings;
  report: Report;
}): ApiKeys {
  const { environment } = settings;
  const { prefix } = keySettings;
  // Its own, so that the last uses are told while all else is cut.
  const http = createHttp(settings.fetch);
  const questions = createApiKeyQuestions({ settings: keySettings, http, report });
  const uses = createApiKeyUses({ settings, keySettings, questions, report });

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

  const describe = (answer: ValidKey, { rateLimit, quota, isBlind }: Used): VerifiedApiKey => {
    const { keyId, api, project, user, scopes, tier, expiresAt, metadata } = answer;
    return {
      kind: 'api_key',
      key_id: keyId,
      project,
      user,
      scopes,
      tier,
      environment: answer.environment,
      expires_at: expiresAt,
      metadata,
      rate_limit: rateLimit,
      quota,
      binding: 'none',
      revocation: isBlind ? 'unknown' : 'checked',
      claims: {
        iss: settings.issuer,
        // Exactly one is there.
        sub: user ?? project ?? '',
        aud: api,
        client_id: keyId,
        jti: keyId,
        scope: scopes.join(' '),
        api_key_id: keyId,
        environment: answer.environment,
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
      // What is no key of Cardea's may be somebody's all the same: it is sent nowhere.
      if (!form?.isChecksumRight || form.prefix !== (prefix ?? form.prefix)) {
        throw new Refusal('api_key_malformed');
      }
      if (environment !== 'any' && form.environment !== environment) {
        throw new Refusal('api_key_wrong_environment');
      }
      const used = await askFor(token, input);
      const { answer } = used;
      if (!answer.valid) throw refusalFor(answer, used);
      // The client may be several APIs; and it is not for Cardea to say which one this is.
      if (!settings.audience.includes(answer.api)) throw new Refusal('api_key_wrong_audience');
      if (answer.environment !== form.environment) throw new Refusal('api_key_wrong_environment');
      return describe(answer, used);
    },
    async verifyToken(verified, input) {
      if (!keySettings.asksForTokens || verified.api_keys.length === 0) return verified;
      const used = await askFor(verified.token, input);
      const { answer, rateLimit, quota, isBlind } = used;
      if (!answer.valid) throw refusalFor(answer, used);
      return {
        ...{ ...verified, rate_limit: rateLimit, quota },
        revocation: isBlind ? 'unknown' : verified.revocation,
      };
    },
    reportLeaked(key) {
      // Callers can make up as many as they like.
      if (!questions.takesReports() || reports.size >= mostReports) return;
      const report = questions
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
