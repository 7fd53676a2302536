/**
 * The console as a client of this server.
 */
import type { BuiltInClient } from '../clients/room.ts';
import { adminApi, adminScopeNames } from '../definitions/admin_scopes.ts';
import { consoleClientId } from '../definitions/built_in.ts';
import { type Site, siteClient } from '../own_pages/room.ts';
import type { Secrets } from '../secrets/room.ts';

/** What comes of its scope is bounded by the person's role, anew with each request. */
export const consoleSite: Site = {
  name: 'console',
  clientId: consoleClientId,
  path: '/console',
  scope: ['openid', 'profile', ...adminScopeNames].join(' '),
};

export function consoleClient(from: {
  issuer: string;
  secrets: Pick<Secrets, 'deriveAll'>;
}): BuiltInClient {
  const metadata = { client_name: 'Console', 'client_name#de': 'Konsole', apis: [adminApi] };
  return siteClient(consoleSite, { ...from, metadata });
}
