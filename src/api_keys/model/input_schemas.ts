/**
 * What callers may send about a key: one schema per call, in wire spelling. Unknown fields are rejected and
 * every size is bounded, so no record grows without limit.
 */
import { z } from 'zod';
import { network } from '../../config/schema/values.ts';
import {
  keyEnvironments,
  longestKeyLife,
  longestTierName,
  requestLimit,
  rotationOverlap,
} from '../../definitions/api_keys.ts';
import { maxLength } from '../../definitions/lengths.ts';

/**
 * Control characters and text-direction marks, which terminals, headers and pages would act on, are not plain
 * text.
 */
const plainText =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: spelled out, so that every language can use the description
  /^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$/;
const noControls = 'must be plain text without control characters';

export const maxRecordNameLength = 100;

export const nameSchema = z
  .string()
  .min(1)
  .max(maxRecordNameLength)
  .regex(plainText, noControls)
  .refine((name) => name.trim() === name, 'must not begin or end with a space');

export const scopesSchema = z
  .array(z.string().max(maxLength.scopeName))
  .max(100)
  .transform((scopes) => [...new Set(scopes)]);

export const tierNameSchema = z.string().min(1).max(longestTierName);
export const idSchema = z.string().min(1).max(100);

const limitSchema = z.int().min(requestLimit.min).max(requestLimit.max);

const metadataName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'must be letters, digits, _, . and -')
  // Names that JavaScript objects inherit, such as `toString`, are not allowed.
  .refine((name) => !(name in {}), 'is a reserved name');

const metadataSchema = z
  .record(metadataName, z.string().max(500).regex(plainText, noControls))
  .refine((metadata) => Object.keys(metadata).length <= 20, 'must have at most 20 entries')
  .meta({ maxProperties: 20 });

/** ISO 8601 with an offset; parsed to milliseconds since the epoch. */
const instantSchema = z.iso
  .datetime({ offset: true, error: 'must be an instant such as 2031-05-04T10:20:30Z' })
  .max(40)
  .transform((text) => Date.parse(text));

const changeableKeyFields = {
  name: nameSchema,
  scopes: scopesSchema,
  /** Overrides the project's tier; null: the project's. */
  tier: tierNameSchema.nullable(),
  /** Override the tier's limits one by one; null: the tier's. */
  limits: z
    .strictObject({
      requests_per_minute: limitSchema.optional(),
      requests_per_month: limitSchema.optional(),
    })
    .nullable(),
  allow_ips: z.array(network).max(100),
  metadata: metadataSchema,
  /** Null: never expires, where the operator allows that. */
  expires_at: instantSchema.nullable(),
};

export const newApiKeySchema = z
  .strictObject({
    ...changeableKeyFields,
    api: z.string().min(1).max(maxLength.uri),
    project_id: idSchema.optional(),
    user_id: idSchema.optional(),
    environment: z.enum(keyEnvironments).default('live'),
    tier: changeableKeyFields.tier.optional(),
    limits: changeableKeyFields.limits.optional(),
    allow_ips: changeableKeyFields.allow_ips.default([]),
    metadata: changeableKeyFields.metadata.default({}),
    /** Seconds from now, instead of `expires_at`. With neither, the operator's default applies. */
    expires_in: z.int().min(1).max(longestKeyLife).optional(),
    expires_at: changeableKeyFields.expires_at.optional(),
  })
  .refine(({ project_id, user_id }) => (project_id === undefined) !== (user_id === undefined), {
    path: ['project_id'],
    error: 'or the user (user_id) must name the owner: exactly one of the two',
  })
  .refine(({ expires_in, expires_at }) => expires_in === undefined || expires_at === undefined, {
    path: ['expires_in'],
    error: 'and expires_at cannot be used together',
  });

export const keyChangeSchema = z.strictObject(changeableKeyFields).partial();

export const rotationSchema = z.strictObject({
  /** Seconds for which the old key stays valid beside the new one. Absent: the operator's default. */
  overlap: z.int().min(0).max(rotationOverlap.max).optional(),
});

export type NewApiKey = z.output<typeof newApiKeySchema>;
export type ApiKeyChange = z.output<typeof keyChangeSchema>;
