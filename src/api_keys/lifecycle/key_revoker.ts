/**
 * Revocation as the key records show it. The kill switch drives it (tokens/revocation/kill_switches.ts): its
 * marker, which is written first, ends the key at once; the record keeps it revoked after the marker has
 * expired.
 */
import type { Clock } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import type { ApiKeyStore } from '../../storage/api_keys.ts';
import type { ApiKeyRevoker } from '../../tokens/room.ts';
import { hasEnded } from '../model/policy.ts';
import type { KeyChanges } from './key_changes.ts';
import { createKeyWriter } from './key_writer.ts';

const pageSize = 500;

export function createApiKeyRevoker({
  keys,
  changes,
  clock,
}: {
  keys: Pick<ApiKeyStore, 'find' | 'update' | 'list'>;
  changes: Pick<KeyChanges, 'changed'>;
  clock: Clock;
}): ApiKeyRevoker {
  const writer = createKeyWriter({ keys, changes, clock });

  return {
    async revoke(keyId, at) {
      try {
        await writer.change(keyId, ({ revokedAt }) =>
          revokedAt === undefined ? { revokedAt: at } : undefined,
        );
      } catch (error) {
        // A deleted key needs no revocation.
        if (!(error instanceof CardeaError && error.code === 'not_found')) throw error;
      }
    },

    async *keysOf(owner, at) {
      let after: string | undefined;
      do {
        const { items, next } = await keys.list({ ...owner, after, limit: pageSize });
        const live = items.filter((record) => !hasEnded(record, clock.now()));
        const ended = items.filter(({ revokedAt }) => revokedAt === at).length;
        yield { live: live.map(({ id }) => id), ended };
        after = next;
      } while (after !== undefined);
    },
  };
}
