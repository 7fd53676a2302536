/**
 * Status lists as the world sees them: signed tokens (draft-ietf-oauth-status-list-21 section 5.1). A token is
 * made once for all who ask, and again when the bits or the keys change, or when it is some seconds old: its
 * `iat` says up to when this node knows all revocations, and an old one is how a node that was cut off from
 * the store says so.
 */
import type { Clock } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import {
  compactJws,
  type PublicJwks,
  type Sign,
  type SigningKey,
} from '../../signing_keys/room.ts';
import { statusListUri } from './assignment.ts';
import type { StatusList } from './lists.ts';

export type ListToken = {
  body: string;
  /** Of the bits and the keys, whenever it was signed. */
  version: string;
  /** `iat`: seconds since the epoch. */
  issuedAt: number;
};

export type ListTokens = {
  /** Throws what the signer throws. */
  of(list: StatusList): Promise<ListToken>;
  /** Whether a copy with this `iat` is as good as a new one. */
  isRecent(issuedAt: number): boolean;
  /** Seconds; beyond it no verifier believes a list. */
  validFor: number;
};

/**
 * Seconds for which a signed list is handed out unchanged. Short: who asks without a condition asks because its
 * copy is old, and would have to ask again soon.
 */
const reuseSeconds = 1;
/** Seconds for which a copy that somebody has does as well as a new one. */
const recentSeconds = 5;
const validFor = 30;

export function createListTokens({
  issuer,
  lists,
  currentKey,
  jwks,
  sign,
  ttl,
  clock,
}: {
  issuer: string;
  lists: { upToDateAt(): number };
  currentKey: () => SigningKey;
  /** What the JWKS endpoint answers now. */
  jwks: () => PublicJwks;
  sign: Sign;
  /** Seconds for which a verifier may do without asking again. */
  ttl: number;
  clock: Clock;
}): ListTokens {
  type Kept = { revision: number; key: SigningKey; jwks: string; token: Promise<ListToken> };
  const kept = new WeakMap<StatusList, Kept & { issuedAt: number }>();

  const upToDateSeconds = () => Math.floor(Math.min(lists.upToDateAt(), clock.now()) / 1000);
  const age = (issuedAt: number) => upToDateSeconds() - issuedAt;

  const make = async (
    list: StatusList,
    key: SigningKey,
    jwksHash: string,
    iat: number,
  ): Promise<ListToken> => {
    const uri = statusListUri(issuer, list.id);
    const lst = list.bits.encode();
    const times = { iat, exp: iat + validFor, ttl };
    const status = { jwks: jwksHash, status_list: { bits: 1, lst } };
    const payload = { iss: issuer, sub: uri, ...times, ...status };
    const body = await compactJws({ typ: 'statuslist+jwt', payload }, key, sign);
    return {
      body,
      version: sha256(`${key.kid} ${jwksHash} ${lst}`).slice(0, 22),
      issuedAt: iat,
    };
  };

  return {
    of(list) {
      const { revision } = list;
      const key = currentKey();
      const jwksHash = jwks().etag.replaceAll('"', '');
      const known = kept.get(list);
      const isSame =
        known?.revision === revision && known.key.kid === key.kid && known.jwks === jwksHash;
      if (isSame && age(known.issuedAt) < reuseSeconds) return known.token;
      const issuedAt = upToDateSeconds();
      const token = make(list, key, jwksHash, issuedAt);
      kept.set(list, { revision, key, jwks: jwksHash, token, issuedAt });
      token.catch(() => kept.delete(list));
      return token;
    },
    isRecent: (issuedAt) => age(issuedAt) < recentSeconds,
    validFor,
  };
}
