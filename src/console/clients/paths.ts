/**
 * Addresses of the pages of clients, below `/console`.
 */
export const clientsPath = '/clients';
/** Not below it: a client may have any id. */
export const newClientPath = '/new-client';

export function clientPath(clientId: string, below = ''): `/${string}` {
  return `${clientsPath}/${encodeURIComponent(clientId)}${below}`;
}

/** The page that revokes all that it has. */
export function revokeTokensOf(clientId: string): string {
  return `/revoke/confirm?${new URLSearchParams({ kind: 'client', name: clientId })}`;
}

/** The list, of those that name an API. */
export function clientsOf(naming: { api: string }): string {
  return `${clientsPath}?${new URLSearchParams(naming)}`;
}

/** The form for a service that calls an API. */
export function newClientFor(api: string): string {
  return `${newClientPath}/service?${new URLSearchParams({ api })}`;
}
