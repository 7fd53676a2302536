/**
 * Whether the signing keys that a process uses are still good. It owns that a key which was revoked on any node
 * signs nothing for a request that comes after: a revocation puts a marker first, so the number of the last
 * revocation, which requests read in any case, tells that there is something to look at. Whoever finds the marker
 * unpublishes the key, too, instead of waiting for the one who threw the switch; the successor is then known here.
 */
import { sharedRead } from '../../caching/shared_read.ts';
import type { Clock } from '../../clock.ts';
import type { KeyringSnapshot } from '../../signing_keys/room.ts';
import type { RevocationStore } from '../../storage/revocations.ts';
import { keyOf } from '../revocation/revocations.ts';

/**
 * When it resolves, no key is current or next that was revoked before the call; answers the number of the last
 * revocation. StoreUnavailableError.
 */
export type FollowKeys = () => Promise<number>;

export function createKeyWatch({
  catchUp,
  markers,
  keys,
  unpublishKey,
  clock,
}: {
  /** See MarkerWatch. */
  catchUp: () => Promise<number>;
  markers: Pick<RevocationStore, 'find'>;
  keys: { snapshot(): Pick<KeyringSnapshot, 'published'> };
  /** Idempotent; another key signs when it resolves. */
  unpublishKey: (kid: string, reason: string) => Promise<unknown>;
  clock: Clock;
}): FollowKeys {
  let checkedAt: number | undefined;

  const replaceRevoked = async () => {
    const kidByMarker = new Map(
      keys.snapshot().published.map(({ kid }) => [keyOf({ keyId: kid }), kid]),
    );
    for (const { key } of await markers.find([...kidByMarker.keys()], clock.now())) {
      await unpublishKey(kidByMarker.get(key) ?? '', 'revoked');
    }
  };

  return sharedRead(async () => {
    const asOf = await catchUp();
    if (asOf !== checkedAt) await replaceRevoked();
    checkedAt = asOf;
    return asOf;
  });
}
