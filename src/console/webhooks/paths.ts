/**
 * Addresses of the pages of webhooks, below `/console`. None contains the URL of a receiver, which may be a secret.
 */
export const webhooksPath = '/webhooks';
export const newWebhookPath = '/new-webhook';

export function webhookPath(webhookId: string, below = ''): `/${string}` {
  return `${webhooksPath}/${encodeURIComponent(webhookId)}${below}`;
}

export const toWebhooks = { label: 'Webhooks', href: webhooksPath };
