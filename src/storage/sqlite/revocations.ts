/**
 * Revocations in SQLite.
 */
import type { Revocation, RevocationStore } from '../revocations.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

/** See RevocationStore. */
export function createRevocationStore(
  { get, run, read }: Connection,
  { write }: Writer,
): RevocationStore {
  return {
    async put({ key, before, expiresAt }) {
      await write(() =>
        run(
          `INSERT INTO revocations VALUES (:key, :before, :expiresAt)
            ON CONFLICT (key) DO UPDATE SET before = max(before, excluded.before),
            expires_at = max(expires_at, excluded.expires_at)`,
          { key, before, expiresAt },
        ),
      );
    },
    find: (keys, now) =>
      read(() =>
        [...new Set(keys)].flatMap((key) => {
          const found = get<Revocation>(
            `SELECT key, before, expires_at AS expiresAt FROM revocations
              WHERE key = :key AND expires_at > :now`,
            { key, now },
          );
          return found ? [{ ...found }] : [];
        }),
      ),
  };
}
