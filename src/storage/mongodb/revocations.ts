/**
 * Revocations in MongoDB.
 */
import type { RevocationStore } from '../revocations.ts';
import { asText, byId, type Connection } from './connection.ts';
import { upsert } from './errors.ts';

type RevocationRecord = { _id: string; before: number; expires_at: Date };

/** See RevocationStore. */
export function createRevocationStore({ database, guard }: Connection): RevocationStore {
  const revocations = database.collection<RevocationRecord>('revocations');
  return {
    async put({ key, before, expiresAt }) {
      await guard(() =>
        upsert(() =>
          revocations.updateOne(
            byId(key),
            { $max: { before, expires_at: new Date(expiresAt) } },
            { upsert: true },
          ),
        ),
      );
    },
    async find(keys, now) {
      const records = await guard(() =>
        revocations
          .find({ _id: { $in: keys.map(asText) }, expires_at: { $gt: new Date(now) } })
          .toArray(),
      );
      return records.map(({ _id, before, expires_at }) => ({
        key: _id,
        before,
        expiresAt: expires_at.getTime(),
      }));
    },
  };
}
