/**
 * Passkeys of the server's issuer.
 */
import { createPasskeys, type Passkeys } from '../authentication/room.ts';
import type { Start } from './start.ts';

export async function createServerPasskeys({
  config: { issuer, declaration },
  services,
  clock,
}: Pick<Start, 'config' | 'services' | 'clock'>): Promise<Passkeys> {
  const { authenticators } = await services.authentication();
  const { audit, secrets, store } = services;
  return createPasskeys({
    ...{ issuer, rpId: declaration.passkeys.rp_id, authenticators, audit, clock },
    ...{ artifacts: store.artifacts, keys: secrets.deriveAll('passkey challenges') },
  });
}
