/**
 * When clients were used last, and with which of their secrets: so that an operator knows whether the old secret may go,
 * and which client nobody uses. Noted in memory and written once a second; a killed process loses at most what it noted
 * since the last write.
 */
import {
  createPeriodicWrite,
  type PeriodicWrite,
  type WriteLog,
} from '../caching/background_write.ts';
import { createLastUses } from '../caching/last_uses.ts';
import type { Clock } from '../clock.ts';
import type { ClientSecretHash, ClientStore, ClientUse } from '../storage/clients.ts';
import type { Clients } from './service.ts';

/**
 * Whether this is a valid secret of the client: constant time over all hashes that it has. If it is, its use is noted.
 */
export type VerifySecret = (
  client: { clientId: string; secretHashes: readonly ClientSecretHash[] },
  secret: string,
) => boolean;

export type ClientUsesRecorder = PeriodicWrite & {
  /** Notes that the client has proved who it is by something else than a secret, or has got a token. */
  note(clientId: string): void;
  verifySecret: VerifySecret;
};

export function createClientUsesRecorder({
  store,
  clients,
  clock,
  log,
}: {
  store: Pick<ClientStore, 'touch'>;
  clients: Pick<Clients, 'matchingSecret'>;
  clock: Clock;
  log: WriteLog;
}): ClientUsesRecorder {
  const uses = createLastUses<ClientUse>((part) => store.touch(part));
  const periodic = createPeriodicWrite({
    ...{ write: uses.flush, isEmpty: uses.isEmpty, log },
    lost: 'the last uses of clients cannot be written',
    recovered: 'the last uses of clients are written again',
  });

  return {
    note: (clientId) =>
      uses.note(clientId, clock.now(), (lastUsedAt) => ({ clientId, lastUsedAt })),
    verifySecret({ clientId, secretHashes }, secret) {
      const secretHash = clients.matchingSecret(secretHashes, secret)?.hash;
      if (secretHash === undefined) return false;
      uses.note(`${clientId} ${secretHash}`, clock.now(), (lastUsedAt) => ({
        ...{ clientId, secretHash, lastUsedAt },
      }));
      return true;
    },
    ...periodic,
  };
}
