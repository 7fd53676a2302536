/**
 * Our signing keys as the library takes them: private parts stay in the keys room, which does the signing.
 */
import type { KeyObject } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { Sign, SigningKey } from '../../signing_keys/room.ts';

class LibrarySigningKey extends ExternalSigningKey {
  readonly #key: SigningKey;
  readonly #sign: Sign;

  constructor(key: SigningKey, sign: Sign) {
    super();
    this.#key = key;
    this.#sign = sign;
  }

  override get kid(): string {
    return this.#key.kid;
  }

  override get alg(): string {
    return this.#key.algorithm;
  }

  // The library assigns what it computed; both are fixed here.
  override set kid(_value: string) {}
  override set alg(_value: string) {}
  override set use(_value: 'sig') {}
  override get use(): 'sig' {
    return 'sig';
  }

  override keyObject(): KeyObject {
    return this.#key.publicKey;
  }

  override sign(data: Buffer): Uint8Array | Promise<Uint8Array> {
    return this.#sign(this.#key, data);
  }
}

/** `keys` in the order in which the library shall prefer them for signing. */
export function toLibraryKeys(
  keys: readonly SigningKey[],
  sign: Sign,
): { keys: ExternalSigningKey[] } {
  return { keys: keys.map((key) => new LibrarySigningKey(key, sign)) };
}
