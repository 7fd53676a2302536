/**
 * The guide of a server: its own page, and the console's.
 */
import type { Config } from '../config/config.ts';
import { createGuide, type Guide } from '../guide/room.ts';

export function createServerGuide({
  issuer,
  declaration,
}: Pick<Config, 'issuer' | 'declaration'>): Guide {
  return createGuide({
    issuer,
    consoleUrl: `${issuer}/console`,
    effectiveWithin: declaration.revocation.effective_within,
  });
}
