/**
 * The keys that the protocol engine works with, from one or two keyrings: the configured algorithm signs by
 * default; ES256 is kept besides for clients that are held to FAPI 2.0, which forbids RS256 (section 5.4.1).
 */
import type { Keyring, KeySnapshot } from '../keys/keyring.ts';
import type { KeySource } from './host.ts';

type SnapshotSource = Pick<Keyring, 'snapshot' | 'onChange'>;

/** One view of several keyrings: all their published keys, the first keyring's current key foremost. */
export function mergeKeyrings(keyrings: readonly SnapshotSource[]): SnapshotSource & KeySource {
  const snapshot = (): KeySnapshot => {
    const parts = keyrings.map((keyring) => keyring.snapshot());
    const [first] = parts;
    if (!first) throw new Error('at least one keyring is needed');
    return {
      current: first.current,
      version: parts.map((part) => part.version).join(' '),
      published: parts.flatMap((part) => part.published),
      jwksMaxAgeSeconds: Math.min(...parts.map((part) => part.jwksMaxAgeSeconds)),
    };
  };
  return {
    snapshot,
    keys: () => snapshot().published,
    onChange(listener) {
      const stops = keyrings.map((keyring) => keyring.onChange(() => listener(snapshot())));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
