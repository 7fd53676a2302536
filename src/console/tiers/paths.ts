/**
 * Addresses of the pages of tiers, below `/console`.
 */
export const tiersPath = '/tiers';
export const newTierPath = '/new-tier';

export function tierPath(name: string, below = ''): `/${string}` {
  return `${tiersPath}/${encodeURIComponent(name)}${below}`;
}

export const toTiers = { label: 'Tiers', href: tiersPath };

export function trailTo({ name }: { name: string }) {
  return [toTiers, { label: name, href: tierPath(name) }];
}
