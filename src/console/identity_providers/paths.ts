/**
 * Addresses of the pages of identity providers, below `/console`.
 */
export const providersPath = '/identity-providers';

export function providerPath(providerId: string, below = ''): `/${string}` {
  return `${providersPath}/${encodeURIComponent(providerId)}${below}`;
}

export const toProviders = { label: 'Identity providers', href: providersPath };
