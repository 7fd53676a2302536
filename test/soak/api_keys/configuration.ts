/** As the tests of API keys have it, with a wider tier, and scanners and webhooks on loopback. */
import { declaration } from '../../flows/api_keys/configuration.ts';
import type { LocalSite } from '../../support/local_site.ts';

export { jobSecret, orders } from '../../flows/api_keys/configuration.ts';
export { apiSecret, ask, asOrders, stockSecret } from '../../flows/api_keys/keys.ts';

/** Requests in a minute of the tier `free`. */
export const freePerMinute = declaration.api_keys.tiers.free.requests_per_minute;
export const hooksPath = '/hooks';
export const githubKeysPath = '/keys';

export type Secrets = { scannerToken: string; webhookSecret: string };

export function declarationFor(site: LocalSite, { scannerToken, webhookSecret }: Secrets): object {
  const { api_keys } = declaration;
  return {
    ...declaration,
    outbound: { allow: ['127.0.0.0/8'] },
    webhooks: [{ url: `${site.url}${hooksPath}`, secret: webhookSecret }],
    api_keys: {
      ...api_keys,
      tiers: { ...api_keys.tiers, pro: { requests_per_minute: 10_000 } },
      leaks: { github_keys_url: `${site.url}${githubKeysPath}`, token: scannerToken },
    },
  };
}
