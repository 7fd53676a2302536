/**
 * Status lists as the public sees them: signed tokens (draft-ietf-oauth-status-list-21 section 5.1). A token is
 * signed once for everybody, and again when the bits or the signing keys change or after a few seconds. Its
 * `iat` says up to when this node knows all revocations; a node that lost its store shows that by an old `iat`.
 */
import type { Clock } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import {
  compactJws,
  type PublicJwks,
  type Sign,
  type SigningKey,
} from '../../signing_keys/room.ts';
import { statusListUri } from './status_assignment.ts';
import type { StatusList } from './status_lists.ts';

export type ListToken = {
  body: string;
  /** Of the bits and the signing keys, whenever it was signed. */
  version: string;
  /** `iat`, in seconds since the epoch. */
  issuedAt: number;
};

export type ListTokens = {
  /** Throws what the signer throws. */
  of(list: StatusList): Promise<ListToken>;
  /** Whether a copy with this `iat` is as good as a new one. */
  isRecent(issuedAt: number): boolean;
  /** Seconds after which no verifier accepts a list. */
  validFor: number;
};

/**
 * Seconds for which a signed list is reused. Short: a caller without a condition asks because its copy is
 * old, and would soon have to ask again.
 */
const reuseSeconds = 1;
/** Seconds for which a caller's copy is as good as a new one. */
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
  /** What the JWKS endpoint serves now. */
  jwks: () => PublicJwks;
  sign: Sign;
  /** Seconds for which a verifier need not ask again. */
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
