/**
 * Pages that stop a webhook, let it go on, give it another secret, and try it.
 */
import {
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  getWebhook,
  listWebhookDeliveries,
  rotateWebhookSecret,
  testWebhook,
} from '../../admin/room.ts';
import { webhookSecretOverlap } from '../../definitions/lifetimes.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { countedOf, countText, mostListed } from '../parts/counts.ts';
import { show } from '../parts/values.ts';
import { failureText } from './failures.ts';
import { overlap } from './fields.ts';
import { webhookPath, webhooksPath } from './paths.ts';
import { secretShownOnce } from './secret_shown_once.ts';
import { hostOf, nameOf, trailTo, type Webhook } from './shown_webhook.ts';

const section = 'webhooks' as const;
const one = `${webhooksPath}/:webhook_id` as const;

const common = {
  ...{ section, read: getWebhook },
  trail: (webhook: object) => trailTo(webhook as Webhook),
} as const;

const back = (webhook: object, text: string, tone: 'good' | 'warning' = 'good') => ({
  to: webhookPath((webhook as Webhook).id),
  flash: { tone, text },
});

/** `3 events wait for it` */
const waitingText = async (webhook: object, { call }: ConsoleRequest) => {
  const { body } = await call(listWebhookDeliveries, {
    params: { webhook_id: (webhook as Webhook).id },
    query: { limit: mostListed },
  });
  const verb = body.items.length === 1 ? 'waits' : 'wait';
  return `${countText(countedOf(body), 'event')} ${verb} for it now`;
};

const test = confirmPage({
  ...{ ...common, path: `${one}/test`, name: 'webhooks.test', operation: testWebhook },
  submit: 'Send the test',
  title: (webhook) => `Send a test to ${nameOf(webhook as Webhook)}`,
  consequences: (webhook) => [
    `An event webhook.test is posted to ${hostOf(webhook as Webhook)} now, signed like any other.`,
    'Once, whatever comes of it: the next page tells.',
  ],
  done({ body, object: webhook }) {
    const { result, reason } = body as { result: string; reason?: string };
    const name = nameOf(webhook as Webhook);
    if (result === 'delivered') return back(webhook, `${name} took the test.`);
    const why = failureText(reason ?? '');
    return back(webhook, `${name} did not take the test. ${why}`, 'warning');
  },
});

const newSecret = confirmPage({
  ...{ ...common, path: `${one}/new-secret`, name: 'webhooks.new_secret' },
  ...{ operation: rotateWebhookSecret, submit: 'Create the new secret' },
  title: (webhook) => `A new secret for ${nameOf(webhook as Webhook)}`,
  consequences: () => [
    'The new secret signs deliveries at once, and is shown once.',
    'The old one signs them as well for the overlap: give the receiver the new one in that time.',
  ],
  fields: [overlap],
  defaults: { overlap: webhookSecretOverlap },
  done({ body }) {
    const made = body as Webhook & { secret: string };
    const facts = made.secrets.slice(1).map(({ expires_at: at }) => ({
      label: 'The old one ends',
      value: show.time(at),
    }));
    return { view: secretShownOnce(made, { title: `The new secret of ${nameOf(made)}`, facts }) };
  },
});

const disable = confirmPage({
  ...{ ...common, path: `${one}/disable`, name: 'webhooks.disable', operation: disableWebhook },
  ...{ submit: 'Disable webhook', danger: true },
  title: (webhook) => `Disable ${nameOf(webhook as Webhook)}?`,
  consequences: async (webhook, request) => [
    'It is sent nothing more, and learns nothing of what happens in the meantime.',
    `${await waitingText(webhook, request)}. Enabled again within a week, it gets that.`,
  ],
  done: ({ object: webhook }) => back(webhook, `${nameOf(webhook as Webhook)} is disabled.`),
});

const enable = confirmPage({
  ...{ ...common, path: `${one}/enable`, name: 'webhooks.enable', operation: enableWebhook },
  submit: 'Enable webhook',
  title: (webhook) => `Enable ${nameOf(webhook as Webhook)}?`,
  consequences: async (webhook, request) => [
    'It is sent what happens from now on.',
    `${await waitingText(webhook, request)}, and that is sent at once.`,
  ],
  done: ({ object: webhook }) => back(webhook, `${nameOf(webhook as Webhook)} is enabled.`),
});

const remove = confirmPage({
  ...{ ...common, path: `${one}/delete`, name: 'webhooks.delete', operation: deleteWebhook },
  ...{ submit: 'Delete webhook', danger: true },
  title: (webhook) => `Delete ${nameOf(webhook as Webhook)}?`,
  consequences: async (webhook, request) => [
    'It is sent nothing more.',
    `${await waitingText(webhook, request)}, and that is never sent.`,
    'Its secrets are gone. This cannot be undone. To stop it for a while, disable it instead.',
  ],
  typed: (webhook) => hostOf(webhook as Webhook),
  done: ({ object: webhook }) => ({
    to: webhooksPath,
    flash: { tone: 'good', text: `${nameOf(webhook as Webhook)} is deleted.` },
  }),
});

export const endingPages: readonly ConsolePage[] = [
  ...test,
  ...newSecret,
  ...disable,
  ...enable,
  ...remove,
];
