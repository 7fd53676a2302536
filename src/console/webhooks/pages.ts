/**
 * The pages of webhooks: the list, one of them, and the forms that create and change one. endings.ts has those that stop
 * one, give it another secret, and try it.
 */
import {
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  getWebhook,
  listWebhooks,
  patchWebhook,
  rotateWebhookSecret,
  testWebhook,
} from '../../admin/room.ts';
import type { ConsolePage } from '../page.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { managerOf, managers, stateOf } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { endingPages } from './endings.ts';
import { webhookFields } from './fields.ts';
import { newWebhookPath, toWebhooks, webhookPath, webhooksPath } from './paths.ts';
import { secretShownOnce } from './secret_shown_once.ts';
import {
  eventsText,
  factsOf,
  hostOf,
  isOfFile,
  nameOf,
  noticeOf,
  sectionsOf,
  trailTo,
  type Webhook,
} from './shown_webhook.ts';

const section = 'webhooks';
const one = `${webhooksPath}/:webhook_id` as const;

const list = listPage<Webhook>({
  ...{ section, path: webhooksPath, title: 'Webhooks', operation: listWebhooks },
  intro: 'Receivers that are told what happens here, by signed requests.',
  columns: [
    { label: 'Name', value: (webhook) => show.text(nameOf(webhook)) },
    { label: 'Host', value: (webhook) => show.code(hostOf(webhook)) },
    { label: 'Events', value: (webhook) => show.text(eventsText(webhook)) },
    { label: 'Managed by', value: ({ managed_by: by }) => show.text(managers[by]) },
    { label: 'State', value: stateOf },
    { label: 'Changed', value: ({ updated_at: at }) => show.time(at) },
  ],
  hrefOf: ({ id }) => webhookPath(id),
  create: { operation: createWebhook, label: 'Create a webhook', href: newWebhookPath },
  empty: {
    title: 'No webhooks yet',
    text: 'A webhook posts events to an address of yours as they happen: a leaked API key to the chat of the people on call, a disabled user to your own systems. Each is signed, and tried again for a day.',
  },
});

const create = formPage({
  ...{ section, path: newWebhookPath, name: 'webhooks.create', operation: createWebhook },
  ...{ title: 'Create a webhook', command: 'Create a webhook', submit: 'Create webhook' },
  intro: 'Whoever receives events learns what happens here. No event holds a secret.',
  trail: () => [toWebhooks],
  fields: () => webhookFields,
  done({ body }) {
    const made = body as Webhook & { secret: string };
    const facts = [{ label: 'URL', value: show.code(made.url) }];
    return { view: secretShownOnce(made, { title: `${nameOf(made)} is ready`, facts }) };
  },
});

const object = objectPage<Webhook>({
  ...{ section, path: one, read: getWebhook, listTitle: 'Webhooks', listPath: webhooksPath },
  titleOf: nameOf,
  status: (webhook) => [stateOf(webhook), managerOf(webhook)],
  notice: noticeOf,
  facts: factsOf,
  actions(webhook) {
    const to = (below: string) => webhookPath(webhook.id, below);
    const test = { operation: testWebhook, label: 'Send a test', href: to('/test') };
    if (isOfFile(webhook)) return [test];
    return [
      test,
      { operation: patchWebhook, label: 'Edit', href: to('/edit') },
      { operation: rotateWebhookSecret, label: 'New secret', href: to('/new-secret') },
      webhook.enabled
        ? { operation: disableWebhook, label: 'Disable', href: to('/disable'), danger: true }
        : { operation: enableWebhook, label: 'Enable', href: to('/enable') },
      { operation: deleteWebhook, label: 'Delete', href: to('/delete'), danger: true },
    ];
  },
  sections: sectionsOf,
});

const edit = formPage({
  ...{ section, path: `${one}/edit`, name: 'webhooks.edit' },
  ...{ operation: patchWebhook, read: getWebhook, submit: 'Save changes' },
  title: (webhook) => `Edit ${nameOf(webhook as Webhook)}`,
  intro: () => 'What waits for it goes to the new address, too.',
  trail: (_request, webhook) => trailTo(webhook as Webhook),
  fields: () => webhookFields,
  done: ({ body }) => ({
    to: webhookPath((body as Webhook).id),
    flash: { tone: 'good', text: `${nameOf(body as Webhook)} is saved.` },
  }),
});

export const webhookPages: readonly ConsolePage[] = [
  list,
  ...create,
  object,
  ...edit,
  ...endingPages,
];
