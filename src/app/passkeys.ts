/**
 * Passkeys of the server's issuer.
 */
import { createPasskeys, type Passkeys } from '../authentication/room.ts';
import { createTellOfPasskeys } from './mail/account_notices.ts';
import type { Start } from './start.ts';

export async function createServerPasskeys({
  config,
  services,
  clock,
  log,
}: Pick<Start, 'config' | 'services' | 'clock' | 'log'>): Promise<Passkeys> {
  const { authenticators } = await services.authentication();
  const { issuer, declaration } = config;
  const { audit, mail, secrets, store } = services;
  const users = await services.users();
  return createPasskeys({
    ...{ issuer, rpId: declaration.passkeys.rp_id, authenticators, audit, clock },
    tell: createTellOfPasskeys({ config, mail, users, log, clock }),
    ...{ artifacts: store.artifacts, keys: secrets.deriveAll('passkey challenges') },
  });
}
