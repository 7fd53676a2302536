/**
 * DPoP proofs (RFC 9449 section 4.2) made by hand, so that each part can be wrong.
 */
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { randomId, sha256 } from '../../src/digests.ts';

export type ProofKey = {
  thumbprint: string;
  /** A proof for one request; `changes` replace claims, undefined leaves one out. */
  prove(
    method: string,
    url: string,
    options?: {
      accessToken?: string;
      changes?: Record<string, unknown>;
      header?: Record<string, unknown>;
      key?: CryptoKey;
    },
  ): Promise<string>;
};

export async function createProofKey(algorithm = 'ES256'): Promise<ProofKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    prove(method, url, { accessToken, changes = {}, header = {}, key = privateKey } = {}) {
      const claims = {
        htm: method,
        htu: url,
        jti: randomId(),
        iat: Math.floor(Date.now() / 1000),
        ...(accessToken !== undefined && { ath: sha256(accessToken) }),
        ...changes,
      };
      return new SignJWT(JSON.parse(JSON.stringify(claims)))
        .setProtectedHeader({ alg: algorithm, typ: 'dpop+jwt', jwk, ...header })
        .sign(key);
    },
  };
}
