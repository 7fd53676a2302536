/**
 * The keys as the rest of the program uses them at a given time: opened, with state and times. Owns the
 * opened keys in memory. The keyring decides when they change.
 */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../definitions/oauth.ts';
import type { Secrets } from '../secrets/room.ts';
import { openPrivateKey } from './key_pairs.ts';
import type { PublicJwk, SigningKeyRecord, SigningKeyState, SigningKeyTimes } from './keyset.ts';

/** Times are milliseconds since the epoch. */
export type SigningKey = {
  kid: string;
  algorithm: SigningAlgorithm;
  state: SigningKeyState;
  publicJwk: PublicJwk;
  publicKey: KeyObject;
  /** Only for the current key and its successors. */
  privateKey?: KeyObject;
  publishedAt: number;
  activatesAt: number;
  signsUntil?: number;
  publishedUntil?: number;
};

export type KeyringSnapshot = {
  /** Differs whenever anything below does. */
  version: string;
  current: SigningKey;
  /** All keys in the JWKS: the current one first, the others newest first. */
  published: SigningKey[];
  /** No longer in the JWKS because their time was over, newest first. New tokens are not accepted from them. */
  retired: SigningKey[];
  /** How long a JWKS made from it may be cached. */
  jwksMaxAgeSeconds: number;
};

/** The part of a logger that this room uses. */
export type KeyringLog = Record<
  'error' | 'warn' | 'info' | 'debug',
  (fields: object, message: string) => void
>;

export type SigningKeyMaterial = {
  /** Whether this process can open the private part. Once opened, a key stays open. */
  canSign(record: SigningKeyRecord): boolean;
  /** Undefined if no key is current. Drops the private parts of all keys that are not in it. */
  snapshot(
    times: readonly SigningKeyTimes[],
    jwksMaxAgeSeconds: number,
  ): KeyringSnapshot | undefined;
};

export function createSigningKeyMaterial({
  secrets,
  log,
}: {
  secrets: Secrets;
  log: Pick<KeyringLog, 'error'>;
}): SigningKeyMaterial {
  const publicKeys = new Map<string, KeyObject>();
  const privateKeys = new Map<string, KeyObject>();
  /** Sealed texts that no secret opens: tried and reported once. */
  const unopenable = new Set<string>();

  function privateKeyOf({ kid, sealed }: SigningKeyRecord): KeyObject | undefined {
    const opened = privateKeys.get(kid);
    if (opened || sealed === undefined || unopenable.has(sealed)) return opened;
    try {
      const privateKey = openPrivateKey(secrets, kid, sealed);
      privateKeys.set(kid, privateKey);
      return privateKey;
    } catch (error) {
      unopenable.add(sealed);
      log.error({ kid, err: error }, 'a signing key cannot be opened with CARDEA_SECRET');
      return undefined;
    }
  }

  function publicKeyOf({ kid, publicJwk }: SigningKeyRecord): KeyObject {
    const known = publicKeys.get(kid);
    if (known) return known;
    const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' });
    publicKeys.set(kid, publicKey);
    return publicKey;
  }

  function toSigningKey({ record, ...times }: SigningKeyTimes): SigningKey {
    const { kid, algorithm, publicJwk, publishedAt, activatesAt } = record;
    const signs = times.state === 'current' || times.state === 'next';
    const privateKey = signs ? privateKeyOf(record) : undefined;
    return {
      ...{ kid, algorithm, publicJwk, publicKey: publicKeyOf(record), publishedAt, activatesAt },
      ...times,
      ...(privateKey && { privateKey }),
    };
  }

  return {
    canSign: (record) => privateKeyOf(record) !== undefined,

    snapshot(times, jwksMaxAgeSeconds) {
      const published = times
        .filter(({ state }) => state !== 'retired')
        .map(toSigningKey)
        .reverse()
        .sort((left, right) => rank(left) - rank(right));
      const [current] = published;
      if (current?.state !== 'current') return undefined;
      const retired = times
        .filter(({ state, record }) => state === 'retired' && record.revokedAt === undefined)
        .map(toSigningKey)
        .reverse();
      const signing = new Set(published.filter((key) => key.privateKey).map((key) => key.kid));
      const kept = new Set([...published, ...retired].map((key) => key.kid));
      dropAllExcept(privateKeys, signing);
      dropAllExcept(publicKeys, kept);
      return { version: versionOf(published), current, published, retired, jwksMaxAgeSeconds };
    },
  };
}

function rank(key: SigningKey): number {
  return key.state === 'current' ? 0 : 1;
}

function dropAllExcept(keys: Map<string, KeyObject>, except: ReadonlySet<string>): void {
  for (const kid of keys.keys()) if (!except.has(kid)) keys.delete(kid);
}

function versionOf(published: readonly SigningKey[]): string {
  const facts = published.map(({ publicKey: _, privateKey: __, publicJwk: ___, ...rest }) => rest);
  return hash('sha256', JSON.stringify(facts), 'base64url').slice(0, 16);
}
