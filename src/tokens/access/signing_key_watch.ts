/**
 * Whether the signing keys that this process uses are still good. It owns that a key revoked on any node signs
 * nothing for a request that arrives later. A revocation writes its marker first, so the number of the last
 * revocation, which requests read anyway, tells that there is something to check. Whoever finds the marker also
 * removes the key from the JWKS, without waiting for the node that revokes it, and then knows its successor.
 */
import { sharedRead } from '../../caching/shared_read.ts';
import { currentTurn } from '../../caching/turn.ts';
import type { Clock } from '../../clock.ts';
import type { KeyringSnapshot, SigningKeyOrder } from '../../signing_keys/room.ts';
import type { RevocationStore } from '../../storage/revocations.ts';
import { markerKeyOf } from '../revocation/revocations.ts';

/**
 * When it resolves, no key revoked before the call is current or next. Returns the number of the last
 * revocation. Throws StoreUnavailableError.
 */
export type FollowSigningKeys = () => Promise<number>;

export type SigningKeyWatch = {
  follow: FollowSigningKeys;
  /** The same, but for whoever has just followed in this turn of the event loop. */
  followUnlessJustNow(): Promise<void>;
};

export function createSigningKeyWatch({
  catchUp,
  markers,
  keys,
  removeSigningKey,
  clock,
}: {
  /** See MarkerWatch. */
  catchUp: () => Promise<number>;
  markers: Pick<RevocationStore, 'find'>;
  keys: { snapshot(): Pick<KeyringSnapshot, 'published'> };
  /** Idempotent. Another key signs when it resolves. */
  removeSigningKey: (kid: string, order: SigningKeyOrder) => Promise<unknown>;
  clock: Clock;
}): SigningKeyWatch {
  let checkedAt: number | undefined;
  let followedIn: number | undefined;

  const replaceRevoked = sharedRead(async () => {
    const kidByMarker = new Map(
      keys.snapshot().published.map(({ kid }) => [markerKeyOf({ keyId: kid }), kid]),
    );
    for (const { key } of await markers.find([...kidByMarker.keys()], clock.now())) {
      await removeSigningKey(kidByMarker.get(key) ?? '', { reason: 'revoked' });
    }
  });

  const follow = async () => {
    const asOf = await catchUp();
    const turn = currentTurn();
    if (asOf !== checkedAt) await replaceRevoked();
    checkedAt = asOf;
    // To replace a key takes time, in which another may be revoked.
    followedIn = turn;
    return asOf;
  };

  return {
    follow,
    async followUnlessJustNow() {
      if (followedIn !== currentTurn()) await follow();
    },
  };
}
