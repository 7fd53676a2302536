/**
 * Exchanges an API key for a short-lived JWT access token (RFC 8693), so that backends see one kind of token.
 * The token never grants more than the key, never outlives it, and is revoked with it.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { CardeaError } from '../../errors.ts';
import {
  type AccessTokenIssuer,
  type ApiKeyClaim,
  exchangeError,
  type IssuedAccessToken,
  markerKeyOf,
} from '../../tokens/room.ts';
import { effectiveLimits, type TierPolicy } from '../model/tiers.ts';
import type { ApiKeyRecord, InvalidVerdict, ValidVerdict } from '../model/verdict.ts';
import type { KeyVerification } from '../verification/key_verification.ts';

type KeyExchangeRequest = {
  key: string;
  /** The API's identifier; undefined: the key's API. */
  target?: string | undefined;
  /** Undefined: all scopes of the key. */
  scopes?: readonly string[] | undefined;
  /** Empty if unknown: then no allowlist matches. */
  ip: string;
};

export type KeyExchange = {
  /**
   * Verifies the key, counts the use and issues. Throws CardeaError `invalid_request`, `invalid_target`,
   * `invalid_scope` (400), `rate_limited` (429).
   */
  exchange(
    request: KeyExchangeRequest,
  ): Promise<{ issued: IssuedAccessToken; record: ApiKeyRecord; scopes: string[] }>;
  /** For a key that has just been verified. `scopes` must be among those of its verdict. */
  issueFor(verdict: ValidVerdict, scopes?: readonly string[]): Promise<IssuedAccessToken>;
};

export function createKeyExchange({
  verification,
  issuer,
  apis,
  policy,
}: {
  verification: Pick<KeyVerification, 'verify'>;
  issuer: Pick<AccessTokenIssuer, 'issue'>;
  apis: Pick<ApiRegistry, 'find'>;
  policy: TierPolicy;
}): KeyExchange {
  const claimFor = ({ record, tier }: ValidVerdict): ApiKeyClaim => {
    const { id, allowIps } = record;
    const { perMinute, perMonth } = effectiveLimits(record, tier, policy);
    return {
      ...{ id, requests_per_minute: perMinute, requests_per_month: perMonth },
      ...(allowIps.length > 0 && { allow_ips: allowIps }),
    };
  };

  const issueFor: KeyExchange['issueFor'] = async (verdict, scopes = verdict.scopes) => {
    const { record } = verdict;
    const api = apis.find(record.api);
    if (!api) throw exchangeError('invalid_target', 'the API of this key no longer exists');
    const { id, userId, projectId, environment, expiresAt } = record;
    const issued = await issuer.issue({
      clientId: id,
      subject: userId ?? projectId ?? id,
      api,
      scopes,
      lifetime: Math.min(lifetimes.accessTokenOfKey, api.lifetimeSeconds),
      notAfter: expiresAt && Math.floor(expiresAt / 1000),
      links: {
        ...{ userId, grantId: undefined, familyId: undefined, session: undefined },
        derivedFrom: [
          ...[markerKeyOf({ apiKey: id }), markerKeyOf({ tokensOfApiKey: id })],
          ...(projectId === undefined ? [] : [markerKeyOf({ tokensOfProject: projectId })]),
        ],
      },
      claims: {
        api_key_id: id,
        environment,
        api_keys: [claimFor(verdict)],
        ...(projectId !== undefined && { project: projectId }),
        act: { sub: id },
      },
    });
    if (issued.expiresIn < 1) throw invalidSubjectToken();
    return issued;
  };

  return {
    issueFor,

    async exchange({ key, target, scopes: asked, ip }) {
      const verdict = await verification.verify({ key, ip });
      if (!verdict.valid) throw errorForVerdict(verdict);
      const { record, scopes: may } = verdict;
      if (target !== undefined && target !== record.api) {
        throw exchangeError('invalid_target', 'the key is for another API');
      }
      if (asked?.some((scope) => !may.includes(scope))) {
        throw exchangeError('invalid_scope', 'the key does not have all of the requested scopes');
      }
      const scopes = asked ? may.filter((scope) => asked.includes(scope)) : may;
      const issued = await issueFor(verdict, scopes);
      // Verified again once the token is recorded: either the revocation sees the token, or this check sees
      // the revocation.
      const again = await verification.verify({ key, ip, count: false });
      if (!again.valid) throw errorForVerdict(again);
      return { issued, record, scopes };
    },
  };
}

/** The same message for every invalid key: whoever does not hold a key learns nothing about it. */
function errorForVerdict({ reason, rateLimit }: InvalidVerdict): CardeaError {
  if (reason !== 'rate_limited' && reason !== 'quota_exceeded') {
    return invalidSubjectToken();
  }
  return new CardeaError({
    code: reason,
    status: 429,
    message: 'The API key has reached its limit.',
    retryAfter: Math.max(1, rateLimit?.reset ?? 1),
  });
}

function invalidSubjectToken(): CardeaError {
  return exchangeError('invalid_request', 'subject_token is not a valid API key');
}
