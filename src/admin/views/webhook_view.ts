/**
 * A webhook as the admin API shows it, and what waits for it. No secret; of an event that waits, its type alone: who sees
 * webhooks need not be allowed to read the audit trail.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import type { Management } from '../../declaration/room.ts';
import type { Delivery } from '../../storage/deliveries.ts';
import type { WebhookView } from '../../webhooks/room.ts';
import { managedMembers, managementView } from '../managed.ts';
import { instant } from '../schemas.ts';

export const webhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z
      .array(z.string())
      .optional()
      .describe('Types of events, or `api_key.*`; absent: those that somebody should look at.'),
    description: z.string().optional(),
    ...managedMembers,
    enabled: z.boolean(),
    disabled_at: instant.optional(),
    secrets: z
      .array(z.object({ created_at: instant, expires_at: instant.optional() }))
      .describe('When its secrets were made, and when each ends. Never the secrets.'),
    created_at: instant.optional(),
    updated_at: instant.optional(),
  })
  .meta({ id: 'Webhook' });

export const webhookWithSecretSchema = webhookSchema
  .extend({ secret: z.string().describe('Signs its deliveries. Shown this once.') })
  .meta({ id: 'WebhookWithSecret' });

export const deliverySchema = z
  .object({
    message: z.string().describe('Its `webhook-id`, the same for every receiver.'),
    type: z.string().describe('Of the event.'),
    attempts: z.int().describe('How often it was sent.'),
    failure: z
      .string()
      .optional()
      .describe('Why the last attempt failed: `status 500`, or the code of a network error.'),
    created_at: instant,
    due_at: instant.describe('When it is sent next.'),
    expires_at: instant.describe('From then on it is given up.'),
  })
  .meta({ id: 'WaitingDelivery' });

export function webhookView(
  { id, url, events, description, secrets, disabledAt, createdAt, updatedAt }: WebhookView,
  management: Management,
): z.input<typeof webhookSchema> {
  return {
    ...{ id, url, ...(events && { events: [...events] }), ...(description && { description }) },
    ...managementView(management),
    enabled: disabledAt === undefined,
    secrets: secrets.map((secret) => ({
      created_at: iso(secret.createdAt) ?? '',
      ...(secret.expiresAt !== undefined && { expires_at: iso(secret.expiresAt) ?? '' }),
    })),
    ...(disabledAt !== undefined && { disabled_at: iso(disabledAt) ?? '' }),
    ...(createdAt !== undefined && { created_at: iso(createdAt) ?? '' }),
    ...(updatedAt !== undefined && { updated_at: iso(updatedAt) ?? '' }),
  };
}

export function deliveryView({
  message,
  payload,
  attempts,
  failure,
  ...times
}: Delivery): z.input<typeof deliverySchema> {
  const { type } = JSON.parse(payload) as { type: string };
  return {
    ...{ message, type, attempts, ...(failure !== undefined && { failure }) },
    created_at: iso(times.createdAt) ?? '',
    due_at: iso(times.dueAt) ?? '',
    expires_at: iso(times.expiresAt) ?? '',
  };
}
