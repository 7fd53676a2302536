/**
 * Addresses of the pages of API keys, below `/console`.
 */
export const apiKeysPath = '/api-keys';
export const newApiKeyPath = '/new-api-key';

export function apiKeyPath(keyId: string, below = ''): `/${string}` {
  return `${apiKeysPath}/${encodeURIComponent(keyId)}${below}`;
}

/** The list, of one owner only. */
export function apiKeysOf(owner: { project_id: string } | { user_id: string }): string {
  return `${apiKeysPath}?${new URLSearchParams(owner)}`;
}

/** The form for another one, with what is known of it filled in. */
export function newApiKeyOf(known: Record<string, string>): string {
  return `${newApiKeyPath}?${new URLSearchParams(known)}`;
}

export const toApiKeys = { label: 'API keys', href: apiKeysPath };

export function trailTo({ id, name }: { id: string; name: string }) {
  return [toApiKeys, { label: name, href: apiKeyPath(id) }];
}
