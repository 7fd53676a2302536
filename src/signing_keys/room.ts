/**
 * Signing keys: their rotation, their signatures and the JWKS. Does not know what is signed.
 */

export { compactJws, type Sign } from './compact_jws.ts';
export { createJwksCache, type PublicJwks } from './jwks.ts';
export { type Keyring, type SigningKeyOrder, sealedKeysRemedy } from './keyring.ts';
export type { KeyringSnapshot, SigningKey } from './keyring_snapshot.ts';
export { sign, signNow } from './signer.ts';
export { createSigningKeyrings, revokeSigningKey } from './signing_keyrings.ts';
