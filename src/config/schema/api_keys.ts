/**
 * The schema of API keys and webhooks in the declarative file: a part of declaration.ts, under its rules.
 */
import { z } from 'zod';
import {
  keyPrefix,
  keySchemes,
  longestKeyLife,
  networkBits,
  requestLimit,
  rotationOverlap,
  tierNamePattern,
} from '../../definitions/api_keys.ts';
import { durationText } from '../../definitions/durations.ts';
import { auditEventTypes, isEventMeant, noticeTypes } from '../../definitions/events.ts';
import { secretLength } from '../../definitions/lengths.ts';
import { isPastedHash, pastedHash } from './pasted_hashes.ts';
import { duration, durationBetween, httpUrl } from './values.ts';

export const tierName = z.string().regex(tierNamePattern, 'must be letters, digits, - and _');

/** Of a tier, in requests. */
export const tierLimit = z.int().min(requestLimit.min).max(requestLimit.max);

const tierSchema = z
  .strictObject({
    requests_per_minute: tierLimit.optional().describe('In any 60 seconds; absent: no such limit.'),
    requests_per_month: tierLimit
      .optional()
      .describe('In a calendar month, UTC; absent: no such limit.'),
  })
  .meta({ title: 'Tier' });

const leaksSchema = z
  .strictObject({
    policy: z
      .enum(['revoke', 'report'])
      .default('revoke')
      .describe('What becomes of a key that was found in public: revoked, or only reported.'),
    github_keys_url: httpUrl
      .default('https://api.github.com/meta/public_keys/secret_scanning')
      .describe('Where the keys are that sign the reports of GitHub.'),
    token: z
      .string()
      .min(secretLength.min)
      .max(secretLength.max)
      .refine((token) => !isPastedHash(token), {
        message: 'is a hash, not the token',
        params: { remedy: 'Declare the token itself.' },
      })
      .meta({ not: { pattern: pastedHash.source } })
      .optional()
      .describe('What other scanners send as bearer token; absent: no other may report.'),
  })
  .prefault({})
  .describe('Keys that somebody found in public.');

const alertsSchema = z
  .strictObject({
    new_network: z
      .boolean()
      .default(true)
      .describe(
        `Whether the first use of a key from a network (/${networkBits.ipv4}, IPv6 /${networkBits.ipv6}) raises an alert.`,
      ),
    spike_factor: z
      .number()
      .gt(1)
      .max(1_000_000)
      .nullable()
      .default(10)
      .describe(
        'How many times its own usual rate a key may reach before it raises an alert; null: never.',
      ),
    denied_per_minute: tierLimit
      .nullable()
      .default(100)
      .describe('How many denied calls of a key in a minute raise an alert; null: never.'),
  })
  .prefault({})
  .describe('Alerts about unusual use, as audit event, metric and webhook.');

const apiKeysShape = z.strictObject({
  prefix: z
    .string()
    .regex(
      new RegExp(`^${keyPrefix.pattern}$`),
      `must be 2 to ${keyPrefix.longest} lower-case letters and digits`,
    )
    .default('cardea')
    .describe('What new keys begin with: `acme_live_…`. Older keys stay valid.'),
  tiers: z
    .record(tierName, tierSchema)
    .default({})
    .meta({ notation: 'map of tier to limits' })
    .describe('Limits by name; each has `requests_per_minute` and `requests_per_month`, or one.'),
  default_tier: z
    .string()
    .optional()
    .describe('The tier where neither the key nor its project has one; absent: no limits.'),
  default_expiry: durationBetween(1, longestKeyLife)
    .nullable()
    .default(null)
    .meta({ notation: 'duration' })
    .describe('When a key expires that was made without an expiry; null: never, or max_expiry.'),
  max_expiry: durationBetween(1, longestKeyLife)
    .nullable()
    .default(null)
    .meta({ notation: 'duration' })
    .describe('How long a key may live at most, from its creation; null: without an end.'),
  rotation_overlap: durationBetween(0, rotationOverlap.max)
    .prefault(durationText(rotationOverlap.default))
    .describe('How long a rotated key stays valid beside its successor.'),
  expiry_notice: z
    .array(duration)
    .max(10)
    .prefault(['7d', '1d'])
    .meta({ notation: 'list of durations' })
    .describe('How long before its end a key is announced as expiring; once for each of these.'),
  schemes: z
    .array(z.enum(keySchemes))
    .max(keySchemes.length)
    .default([])
    .describe(
      'How forward-auth takes keys in `Authorization` besides `Bearer`: as the user name of `basic`, or with the schemes `apikey` and `token`.',
    ),
  leaks: leaksSchema,
  alerts: alertsSchema,
});

export const apiKeysSchema = apiKeysShape
  .superRefine(checkReferences)
  .meta({ rule: 'default_tier is one of tiers, and default_expiry not longer than max_expiry.' })
  .prefault({})
  .describe('API keys.');

function checkReferences(
  { tiers, default_tier, default_expiry, max_expiry }: z.output<typeof apiKeysShape>,
  context: z.core.$RefinementCtx,
): void {
  if (default_tier !== undefined && !Object.hasOwn(tiers, default_tier)) {
    context.addIssue({
      code: 'custom',
      path: ['default_tier'],
      message: 'names a tier that is not declared',
      params: { remedy: 'Declare it under api_keys.tiers.' },
    });
  }
  if (default_expiry !== null && max_expiry !== null && default_expiry > max_expiry) {
    context.addIssue({
      code: 'custom',
      path: ['default_expiry'],
      message: 'is longer than max_expiry',
      params: { remedy: 'Shorten it.' },
    });
  }
}

const webhookSecret = 'whsec_[A-Za-z0-9+/]+={0,2}';
const webhookSecretForm = new RegExp(`^${webhookSecret}$`);

/** Standard Webhooks: `whsec_` and 24 to 64 bytes as base64; several while one is replaced. */
function areWebhookSecrets(text: string): boolean {
  const secrets = text.split(',').map((secret) => secret.trim());
  return secrets.length <= 3 && secrets.every(isWebhookSecret);
}

function isWebhookSecret(secret: string): boolean {
  if (!webhookSecretForm.test(secret)) return false;
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

export const webhookSchema = z
  .strictObject({
    url: httpUrl.describe('Where events are posted to.'),
    secret: z
      .string()
      .refine(areWebhookSecrets, 'must be whsec_ and 24 to 64 random bytes as base64')
      .meta({ pattern: `^\\s*${webhookSecret}(\\s*,\\s*${webhookSecret}){0,2}\\s*$` })
      .describe(
        'What deliveries are signed with (Standard Webhooks): `whsec_…`. Up to three, separated by commas, while one is replaced: each signs.',
      ),
    events: z
      .array(
        z
          .string()
          .regex(/^[a-z_]+(?:\.(?:[a-z_]+|\*))?$/, 'must be an event such as api_key.leaked')
          .refine((pattern) => auditEventTypes.some((type) => isEventMeant(pattern, type)), {
            message: 'is no event',
            params: { remedy: 'docs/audit-events.md has them all.' },
          })
          .meta({ examples: auditEventTypes, rule: 'It is about an event that there is.' }),
      )
      .min(1)
      .optional()
      .describe(
        `The [audit events](audit-events.md) that it is sent, or \`api_key.*\` for all that begin so; absent: ${noticeTypes.map((type) => `\`${type}\``).join(', ')}.`,
      ),
  })
  .meta({ title: 'Webhook' });

export type ApiKeysDeclaration = z.output<typeof apiKeysSchema>;
export type WebhookDeclaration = z.output<typeof webhookSchema>;
