/**
 * A revocation as the admin API shows it.
 */
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import { instant } from '../schemas.ts';

const id = z.string().min(1).max(maxLength.uri);

/** What is revoked: exactly one member, besides those that narrow it. */
export const revocationTarget = z
  .union([
    z.strictObject({
      user: id.describe('All sessions, grants and tokens of a user, by id.'),
      api_keys: z.boolean().optional().describe('With all API keys of the user.'),
    }),
    z.strictObject({ client: id.describe('All grants and tokens of a client. Its secrets stay.') }),
    z.strictObject({ grant: id.describe('One consent, and all tokens based on it, by id.') }),
    z.strictObject({ api: id.describe('All access tokens for an API. Its API keys stay.') }),
    z.strictObject({ api_key: id.describe('An API key, by id, and what it was exchanged for.') }),
    z.strictObject({ project: id.describe('All API keys of a project, by id.') }),
    z.strictObject({
      everything: z.literal(true).describe('All tokens and sessions of everybody. API keys stay.'),
      before: z.iso
        .datetime({ offset: true })
        .optional()
        .describe('Only what was issued before this instant.'),
    }),
  ])
  .meta({ id: 'RevocationTarget' });

export const revocationResult = z
  .object({
    id: z.string().describe('By which its state can be read for a week.'),
    target: z.record(z.string(), z.unknown()),
    revoked_at: instant,
    effective_within: z
      .number()
      .describe('Seconds until the last verifier that follows the status lists refuses it.'),
    effective_by: instant,
  })
  .meta({ id: 'Revocation' });

export const revocationState = revocationResult
  .extend({
    in_status_lists: z.boolean().describe('The lists that this node serves have it.'),
    lists_as_of: instant,
  })
  .meta({ id: 'RevocationState' });
