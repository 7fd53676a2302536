/**
 * The account pages as a client of this server.
 */
import type { BuiltInClient } from '../clients/room.ts';
import { accountClientId } from '../definitions/built_in.ts';
import { type Site, siteClient } from '../own_pages/room.ts';
import type { Secrets } from '../secrets/room.ts';

/** Its tokens open nothing: the pages need to know who has signed in, and when. */
export const accountSite: Site = {
  name: 'account',
  clientId: accountClientId,
  path: '/account',
  scope: 'openid',
};

export function accountClient(from: {
  issuer: string;
  secrets: Pick<Secrets, 'deriveAll'>;
}): BuiltInClient {
  const metadata = { client_name: 'Your account', 'client_name#de': 'Ihr Konto' };
  return siteClient(accountSite, { ...from, metadata });
}
