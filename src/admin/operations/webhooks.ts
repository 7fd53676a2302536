/**
 * Operations on webhooks: the endpoints that events are sent to.
 */
import { z } from 'zod';
import { durationText, longestDuration } from '../../definitions/durations.ts';
import { webhookSecretOverlap } from '../../definitions/lifetimes.ts';
import { mayTouchWebhook, requireAllowed } from '../../operators/room.ts';
import { newWebhookSchema, type WebhookView, webhookChangeSchema } from '../../webhooks/room.ts';
import { operation } from '../operation.ts';
import { noContent, nothing, pageOf, pageQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import {
  deliverySchema,
  deliveryView,
  webhookSchema,
  webhookView,
  webhookWithSecretSchema,
} from '../views/webhook_view.ts';

const tag = 'Webhooks';
const one = z.strictObject({ webhook_id: z.string().min(1).max(100) });
/** Where a page ends: the time and the id of its last delivery. */
const cursor = z.string().regex(/^\d{1,15} [!-~]{1,200}$/, 'is not a `next` of this list');

const shown = async (services: AdminServices, endpoint: WebhookView) => {
  const { managementOf } = await services.declared();
  const isOfFile = endpoint.source === 'file';
  return webhookView(endpoint, isOfFile ? managementOf.webhook(endpoint.url) : { by: 'operator' });
};

/** One of the file has no version: only the file changes it. */
const answerOf = async (services: AdminServices, endpoint: WebhookView) => ({
  result: await shown(services, endpoint),
  ...(endpoint.source === 'operator' && { version: endpoint.version }),
});

export const listWebhooks = operation({
  id: 'listWebhooks',
  method: 'GET',
  path: '/webhooks',
  tag,
  summary: 'List webhooks: those of the declarative file, then the others, oldest first',
  scope: 'webhooks:read',
  params: nothing,
  query: nothing,
  body: z.undefined(),
  result: pageOf(webhookSchema),
  async run({ services }) {
    const endpoints = await (await services.webhooks()).list();
    const items = await Promise.all(endpoints.map((endpoint) => shown(services, endpoint)));
    return { result: { items, next: null } };
  },
});

export const createWebhook = operation({
  id: 'createWebhook',
  method: 'POST',
  path: '/webhooks',
  tag,
  summary: 'Create a webhook',
  description:
    'Whoever makes one reads events, and so must be allowed to read the audit trail. The secret that signs its deliveries is shown in this response only.',
  scope: 'webhooks:write',
  errors: ['too_many_webhooks'],
  events: ['webhook.created'],
  creates: true,
  idempotent: true,
  sensitive: true,
  params: nothing,
  query: nothing,
  body: newWebhookSchema.meta({ id: 'WebhookInput' }),
  result: webhookWithSecretSchema,
  async run({ body, by, caller, services }) {
    requireAllowed(mayTouchWebhook(caller));
    const { endpoint, secret } = await (await services.webhooks()).create(body, by);
    const { result, version } = await answerOf(services, endpoint);
    return { result: { ...result, secret }, version, createdAt: `/webhooks/${endpoint.id}` };
  },
});

export const getWebhook = operation({
  id: 'getWebhook',
  method: 'GET',
  path: '/webhooks/{webhook_id}',
  tag,
  summary: 'Read a webhook',
  scope: 'webhooks:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: webhookSchema,
  run: async ({ params, services }) =>
    answerOf(services, await (await services.webhooks()).get(params.webhook_id)),
});

export const patchWebhook = operation({
  id: 'patchWebhook',
  method: 'PATCH',
  path: '/webhooks/{webhook_id}',
  tag,
  summary: 'Change members of a webhook',
  scope: 'webhooks:write',
  errors: ['managed_by_file'],
  events: ['webhook.updated'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: webhookChangeSchema.meta({ id: 'WebhookPatch' }),
  result: webhookSchema,
  async run({ params, body, by, caller, services }) {
    requireAllowed(mayTouchWebhook(caller));
    const endpoint = await (await services.webhooks()).update(params.webhook_id, body, by);
    return answerOf(services, endpoint);
  },
});

export const deleteWebhook = operation({
  id: 'deleteWebhook',
  method: 'DELETE',
  path: '/webhooks/{webhook_id}',
  tag,
  summary: 'Delete a webhook',
  description: 'What waits for it is not sent any more.',
  scope: 'webhooks:write',
  errors: ['managed_by_file'],
  events: ['webhook.deleted'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, caller, services }) {
    requireAllowed(mayTouchWebhook(caller));
    await (await services.webhooks()).remove(params.webhook_id, by);
    return { result: undefined };
  },
});

export const disableWebhook = operation({
  id: 'disableWebhook',
  method: 'POST',
  path: '/webhooks/{webhook_id}/disable',
  tag,
  summary: 'Send a webhook nothing more',
  description: 'What waits for it is sent when it is enabled in time.',
  scope: 'webhooks:write',
  errors: ['managed_by_file'],
  events: ['webhook.updated'],
  params: one,
  query: nothing,
  body: nothing,
  result: webhookSchema,
  async run({ params, by, caller, services }) {
    requireAllowed(mayTouchWebhook(caller));
    return answerOf(services, await (await services.webhooks()).disable(params.webhook_id, by));
  },
});

export const enableWebhook = operation({
  id: 'enableWebhook',
  method: 'POST',
  path: '/webhooks/{webhook_id}/enable',
  tag,
  summary: 'Send a webhook events again',
  scope: 'webhooks:write',
  errors: ['managed_by_file'],
  events: ['webhook.updated'],
  params: one,
  query: nothing,
  body: nothing,
  result: webhookSchema,
  async run({ params, by, caller, services }) {
    requireAllowed(mayTouchWebhook(caller));
    return answerOf(services, await (await services.webhooks()).enable(params.webhook_id, by));
  },
});

export const rotateWebhookSecret = operation({
  id: 'rotateWebhookSecret',
  method: 'POST',
  path: '/webhooks/{webhook_id}/secrets',
  tag,
  summary: 'Give a webhook a new secret',
  description: `Deliveries are signed with the old one as well for the overlap (default: ${durationText(webhookSecretOverlap)}). The new one is shown in this response only.`,
  scope: 'webhooks:write',
  errors: ['managed_by_file'],
  events: ['webhook.secret_rotated'],
  idempotent: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: z.strictObject({
    overlap: z
      .int()
      .min(0)
      .max(longestDuration)
      .default(webhookSecretOverlap)
      .describe('Seconds for which deliveries are signed with the old secret, too; 0 ends it now.'),
  }),
  result: webhookWithSecretSchema,
  async run({ params, body: { overlap }, by, caller, services }) {
    requireAllowed(mayTouchWebhook(caller));
    const webhooks = await services.webhooks();
    const options = { overlapSeconds: overlap };
    const { endpoint, secret } = await webhooks.rotateSecret(params.webhook_id, options, by);
    const { result, version } = await answerOf(services, endpoint);
    return { result: { ...result, secret }, version };
  },
});

export const listWebhookDeliveries = operation({
  id: 'listWebhookDeliveries',
  method: 'GET',
  path: '/webhooks/{webhook_id}/deliveries',
  tag,
  summary: 'List what a webhook has not got yet, oldest first',
  scope: 'webhooks:read',
  params: one,
  query: z.strictObject({ ...pageQuery, after: cursor.optional() }),
  body: z.undefined(),
  result: pageOf(deliverySchema),
  async run({ params, query: { limit, after }, services }) {
    const [time, id] = after?.split(' ') ?? [];
    const waiting = await (await services.webhooks()).waiting(params.webhook_id, {
      ...(id !== undefined && { after: { createdAt: Number(time), id } }),
      limit: limit + 1,
    });
    const page = waiting.slice(0, limit);
    const last = page.at(-1);
    const next = waiting.length > limit && last ? `${last.createdAt} ${last.id}` : null;
    return { result: { items: page.map(deliveryView), next } };
  },
});

export const testWebhook = operation({
  id: 'testWebhook',
  method: 'POST',
  path: '/webhooks/{webhook_id}/test',
  tag,
  summary: 'Send a webhook an event `webhook.test` now',
  description: 'Once, whatever comes of it. Also to one of the declarative file.',
  scope: 'webhooks:write',
  params: one,
  query: nothing,
  body: nothing,
  result: z
    .object({
      result: z
        .enum(['delivered', 'refused', 'failed'])
        .describe('`refused`: the receiver does not want it any more (410).'),
      reason: z.string().optional(),
    })
    .meta({ id: 'WebhookTest' }),
  async run({ params, caller, services }) {
    requireAllowed(mayTouchWebhook(caller));
    const outcome = await (await services.webhooks()).sendTest(params.webhook_id);
    const { result } = outcome;
    return { result: { result, ...('reason' in outcome && { reason: outcome.reason }) } };
  },
});

export const webhookOperations = [
  listWebhooks,
  createWebhook,
  getWebhook,
  patchWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  rotateWebhookSecret,
  listWebhookDeliveries,
  testWebhook,
] as const;
