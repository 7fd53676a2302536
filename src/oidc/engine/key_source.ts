/**
 * The keys that the protocol engine works with, from one or two keyrings: the configured algorithm signs by
 * default; ES256 is kept besides for clients that are held to FAPI 2.0, which forbids RS256 (section 5.4.1).
 */
import type { Keyring, KeyringSnapshot, SigningKey } from '../../signing_keys/room.ts';
import type { KeySource } from './provider_host.ts';

type SnapshotSource = Pick<Keyring, 'snapshot' | 'freshSnapshot' | 'onChange'>;

/** One view of several keyrings: their current keys first, the first keyring's foremost. */
export function mergeKeyrings(keyrings: readonly SnapshotSource[]): SnapshotSource & KeySource {
  let merged: { parts: KeyringSnapshot[]; snapshot: KeyringSnapshot } | undefined;

  /** The same one as long as each keyring's is: every request asks. */
  const snapshot = () => {
    const parts: KeyringSnapshot[] = [];
    for (const keyring of keyrings) parts.push(keyring.snapshot());
    if (!merged || merged.parts.some((part, index) => part !== parts[index])) {
      merged = { parts, snapshot: merge(parts) };
    }
    return merged.snapshot;
  };
  return {
    snapshot,
    freshSnapshot: async () =>
      merge(await Promise.all(keyrings.map((keyring) => keyring.freshSnapshot()))),
    // A sign-out may come with an ID token that is long over (id_token_hint), signed by a retired key.
    keys: () => [...snapshot().published, ...snapshot().retired],
    onChange(listener) {
      const stops = keyrings.map((keyring) => keyring.onChange(() => listener(snapshot())));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function merge(parts: KeyringSnapshot[]): KeyringSnapshot {
  const [first] = parts;
  if (!first) throw new Error('at least one keyring is needed');
  const published = parts.flatMap((part) => part.published);
  const isCurrent = (key: SigningKey) => key.state === 'current';
  return {
    current: first.current,
    version: parts.map((part) => part.version).join(' '),
    published: [...published.filter(isCurrent), ...published.filter((key) => !isCurrent(key))],
    retired: parts.flatMap((part) => part.retired),
    jwksMaxAgeSeconds: Math.min(...parts.map((part) => part.jwksMaxAgeSeconds)),
  };
}
