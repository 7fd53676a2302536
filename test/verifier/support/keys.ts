/** Signing keys for the test issuer. */
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

export type SigningKey = {
  kid: string;
  algorithm: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
};

export async function createSigningKey(algorithm = 'RS256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    algorithm,
    privateKey,
    publicJwk: { ...jwk, use: 'sig', alg: algorithm, kid },
  };
}
