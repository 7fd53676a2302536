/**
 * Addresses of the pages of clients, below `/console`.
 */
export const clientsPath = '/clients';
/** Not below it: a client may have any id. */
export const newClientPath = '/new-client';

export function clientPath(clientId: string, below = ''): `/${string}` {
  return `${clientsPath}/${encodeURIComponent(clientId)}${below}`;
}
