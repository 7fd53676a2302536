/**
 * The keys as the rest of the program uses them at one instant: opened, with state and times. Owns the
 * opened keys in memory; when they change is the keyring's concern.
 */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import type { Secrets } from '../secrets/room.ts';
import { openPrivateKey } from './key_pairs.ts';
import type { Algorithm, KeyRecord, KeyState, KeyTimes, PublicJwk } from './keyset.ts';

/** Times are milliseconds since the epoch. */
export type SigningKey = {
  kid: string;
  algorithm: Algorithm;
  state: KeyState;
  publicJwk: PublicJwk;
  publicKey: KeyObject;
  /** Only of the current key and of those that follow it. */
  privateKey?: KeyObject;
  publishedAt: number;
  activatesAt: number;
  signsUntil?: number;
  publishedUntil?: number;
};

export type KeySnapshot = {
  /** Differs whenever anything below does. */
  version: string;
  current: SigningKey;
  /** All that verifiers may meet, the current one first, the others from new to old. */
  published: SigningKey[];
  /** Unpublished because their time was over, newest first: nothing new is accepted from them. */
  retired: SigningKey[];
  /** For how long a JWKS made of it may be cached. */
  jwksMaxAgeSeconds: number;
};

/** What this room needs of a log. */
export type KeyLog = Record<
  'error' | 'warn' | 'info' | 'debug',
  (fields: object, message: string) => void
>;

export type KeyMaterial = {
  /** Whether this process can open the private part. What was opened once stays open. */
  canSign(record: KeyRecord): boolean;
  /** Undefined: no key is current. Forgets the private parts of all keys that it leaves out. */
  snapshot(times: readonly KeyTimes[], jwksMaxAgeSeconds: number): KeySnapshot | undefined;
};

export function createKeyMaterial({
  secrets,
  log,
}: {
  secrets: Secrets;
  log: Pick<KeyLog, 'error'>;
}): KeyMaterial {
  const publicKeys = new Map<string, KeyObject>();
  const privateKeys = new Map<string, KeyObject>();
  /** Sealed texts that no secret opens: tried and reported once. */
  const unopenable = new Set<string>();

  function privateKeyOf({ kid, sealed }: KeyRecord): KeyObject | undefined {
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

  function publicKeyOf({ kid, publicJwk }: KeyRecord): KeyObject {
    const known = publicKeys.get(kid);
    if (known) return known;
    const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' });
    publicKeys.set(kid, publicKey);
    return publicKey;
  }

  function toSigningKey({ record, ...times }: KeyTimes): SigningKey {
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
      forget(privateKeys, signing);
      forget(publicKeys, kept);
      return { version: versionOf(published), current, published, retired, jwksMaxAgeSeconds };
    },
  };
}

function rank(key: SigningKey): number {
  return key.state === 'current' ? 0 : 1;
}

function forget(keys: Map<string, KeyObject>, except: ReadonlySet<string>): void {
  for (const kid of keys.keys()) if (!except.has(kid)) keys.delete(kid);
}

function versionOf(published: readonly SigningKey[]): string {
  const facts = published.map(({ publicKey: _, privateKey: __, publicJwk: ___, ...rest }) => rest);
  return hash('sha256', JSON.stringify(facts), 'base64url').slice(0, 16);
}
