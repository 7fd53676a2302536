/**
 * No answer fails, and none is dead on arrival, because a signing key was revoked. A request begins on keys that
 * are good; where one is revoked while it is under way, the tokens of its answer are signed again, by the next.
 * What they say stays, but for the access token's bit in a status list: the old one goes with the key.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Middleware } from 'koa';
import {
  compactJws,
  type KeyringSnapshot,
  type Sign,
  type SigningKey,
} from '../../signing_keys/room.ts';
import { StoreUnavailableError } from '../../storage/errors.ts';
import { type FollowSigningKeys, looksLikeJwt } from '../../tokens/room.ts';
import { setClientAsOf } from '../clients/client_as_of.ts';
import type { TokenAnswer } from '../engine/library_parts.ts';
import { statusReassignment } from '../grants/token_claims.ts';

export type LivingSignatures = {
  /** A request begins on keys that are good, and knows the last revocation that is sure to be seen by it. */
  begin: Middleware;
  /**
   * Called before tokens are signed for a request that began so. What it answers is called with them right before they are
   * sent, and answers them signed again where they are not alive by then.
   */
  watch(request: object): (answer: TokenAnswer) => Promise<TokenAnswer>;
};

export function createLivingSignatures({
  followSigningKeys,
  keys,
  sign,
}: {
  followSigningKeys: FollowSigningKeys;
  keys: { snapshot(): Pick<KeyringSnapshot, 'version' | 'published'> };
  sign: Sign;
}): LivingSignatures {
  /** What signs in place of a token's key; undefined: that is alive, or none of ours. */
  const successorFor = (token: string): SigningKey | undefined => {
    const { kid, alg } = decodeProtectedHeader(token);
    const { published } = keys.snapshot();
    if (published.some((key) => key.kid === kid)) return undefined;
    return published.find(({ state, algorithm }) => state === 'current' && algorithm === alg);
  };

  const renewAccessToken = async (request: object, token: string) => {
    const key = looksLikeJwt(token) ? successorFor(token) : undefined;
    const assignStatus = statusReassignment(request);
    if (!key || !assignStatus) return token;
    const payload = { ...decodeJwt(token), status: await assignStatus(key.kid) };
    return compactJws({ typ: 'at+jwt', payload }, key, sign);
  };

  const renewIdToken = async (token: string) => {
    const key = successorFor(token);
    if (!key) return token;
    const { typ } = decodeProtectedHeader(token);
    return compactJws({ typ, payload: decodeJwt(token) }, key, sign);
  };

  const renew = async (request: object, answer: TokenAnswer): Promise<TokenAnswer> => {
    const { access_token, id_token } = answer;
    return {
      ...answer,
      ...(access_token && { access_token: await renewAccessToken(request, access_token) }),
      ...(id_token && { id_token: await renewIdToken(id_token) }),
    };
  };

  /** Where the store is lost by now, the answer stands: what was presented for it is spent. */
  const haveChanged = async (version: string) => {
    try {
      await followSigningKeys();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
    return version !== keys.snapshot().version;
  };

  return {
    async begin(ctx, next) {
      setClientAsOf(await followSigningKeys(), ctx);
      await next();
    },

    watch(request) {
      let { version } = keys.snapshot();
      return async (signed) => {
        let answer = signed;
        while (await haveChanged(version)) {
          version = keys.snapshot().version;
          answer = await renew(request, answer);
        }
        return answer;
      };
    },
  };
}
