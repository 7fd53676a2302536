/**
 * Webhooks in the search: those with the text in their description or their host. There are few.
 */
import { listWebhooks } from '../../admin/room.ts';
import type { SearchSource } from '../search.ts';
import { webhookPath } from './paths.ts';
import { hostOf, nameOf } from './shown_webhook.ts';

export const findWebhooks: SearchSource = async (text, { call, may }) => {
  if (!may(listWebhooks)) return [];
  const wanted = text.toLowerCase();
  const { items } = (await call(listWebhooks)).body;
  return items
    .filter((one) => `${one.description ?? ''}\n${hostOf(one)}`.toLowerCase().includes(wanted))
    .map((one) => ({
      ...{ label: nameOf(one), kind: 'Webhook', href: webhookPath(one.id) },
      hint: one.description === undefined ? undefined : hostOf(one),
    }));
};
