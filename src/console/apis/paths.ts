/**
 * Addresses of the pages of APIs, below `/console`.
 */
export const apisPath = '/apis';
/** Not below it: an identifier may be any URI. */
export const newApiPath = '/new-api';

export function apiPath(identifier: string, below = ''): `/${string}` {
  return `${apisPath}/${encodeURIComponent(identifier)}${below}`;
}

export const toApis = { label: 'APIs', href: apisPath };

/** The page that revokes all of its tokens. */
export function revokeTokensOf(identifier: string): string {
  return `/revoke/confirm?${new URLSearchParams({ kind: 'api', name: identifier })}`;
}
