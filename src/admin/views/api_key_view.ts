/**
 * An API key as the admin API shows it. Of the key itself, only its first eight and last four characters.
 */
import { z } from 'zod';
import { keyView } from '../../api_keys/room.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { instant } from '../schemas.ts';

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    display: z.string().describe('The first eight and the last four characters of the key.'),
    state: z.enum(['active', 'disabled', 'expired', 'revoked']),
    disabled_by: z.enum(['key', 'project', 'user', 'api']).optional(),
    api: z.string(),
    project_id: z.string().optional(),
    user_id: z.string().optional(),
    environment: z.enum(['live', 'test']),
    scopes: z.array(z.string()),
    tier: z.string().optional(),
    limits: z
      .object({
        requests_per_minute: z.int().optional(),
        requests_per_month: z.int().optional(),
      })
      .optional(),
    allow_ips: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
    lineage: z.string().describe('The first key of those that replaced each other.'),
    replaced_by: z.string().optional(),
    created_by: z.string(),
    created_at: instant,
    updated_at: instant,
    expires_at: instant.optional(),
    disabled_at: instant.optional(),
    revoked_at: instant.optional(),
    last_used_at: instant.optional().describe('To the minute.'),
  })
  .meta({ id: 'ApiKey' });

export const apiKeyWithValueSchema = apiKeySchema
  .extend({ key: z.string().describe('Shown this once.') })
  .meta({ id: 'ApiKeyWithValue' });

export function apiKeyView(
  record: ApiKeyRecord,
  circumstances: Parameters<typeof keyView>[1],
): z.input<typeof apiKeySchema> {
  return keyView(record, circumstances) as z.input<typeof apiKeySchema>;
}
