/**
 * Verifies tokens that an API's callers present instead of the key they were exchanged for. They are judged as
 * at a gateway, and the verdict looks like one about the key itself.
 */

import type { KeyVerdict } from '../model/verdict.ts';
import { type ReadJwt, type TokenRequirements, tokenRefusalReason } from './access_tokens.ts';
import type { KeyVerification, TokenUse } from './key_verification.ts';

type TokenQuery = TokenRequirements &
  Pick<TokenUse, 'ip' | 'count' | 'used'> & {
    token: string;
    /** Identifiers of the APIs that the asking client is. */
    api: readonly string[];
    asOf: number;
  };

/** The verdict's record describes the key, limited to what the token may do. Throws StoreUnavailableError. */
export type VerifyPresentedToken = (query: TokenQuery) => Promise<KeyVerdict>;

export function createPresentedTokenVerification({
  readJwt,
  verification,
}: {
  readJwt: ReadJwt;
  verification: Pick<KeyVerification, 'verifyToken'>;
}): VerifyPresentedToken {
  return async ({ token, api: own, environment, scopes, ...use }) => {
    const read = await readJwt(token, use.asOf);
    const api = read?.audiences.find((audience) => own.includes(audience));
    if (!read || api === undefined || read.keyIds.length === 0) {
      return { valid: false, reason: 'unknown' };
    }
    const { identity, keyIds, expiresAt } = read;
    const reason = tokenRefusalReason(identity, { environment, scopes });
    const verdict = await verification.verifyToken({ ...use, keyIds, reason });
    if (!verdict.valid) return verdict;
    const { record } = verdict;
    // The metadata of another API's key is not disclosed to this API.
    const metadata = record.api === api ? record.metadata : {};
    return {
      ...verdict,
      scopes: [...identity.scopes],
      record: {
        ...{ ...record, api, expiresAt, metadata, replacedBy: undefined },
        environment: identity.environment === 'test' ? 'test' : 'live',
      },
    };
  };
}
