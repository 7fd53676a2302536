/**
 * Operations on tiers: the named limits of API keys. Whoever may change keys sees them; what they are decides whoever may
 * change settings, as a higher limit is no right over keys.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { longestTierName, tierNamePattern } from '../../definitions/api_keys.ts';
import { type Tier, tierInput } from '../../tiers/room.ts';
import { managedMembers, managementView } from '../managed.ts';
import { operation } from '../operation.ts';
import { alreadyExists } from '../preconditions.ts';
import { instant, noContent, nothing, pageOf } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { onNewest } from '../write_to_newest.ts';

const tag = 'Tiers';
/** The service checks it: what no tier can be called is not there. */
const name = z.string().min(1).max(longestTierName).meta({ pattern: tierNamePattern.source });
const one = z.strictObject({ tier: name });

const limits = {
  requests_per_minute: tierInput.shape.requests_per_minute.unwrap(),
  requests_per_month: tierInput.shape.requests_per_month.unwrap(),
};

const tierSchema = z
  .object({
    name,
    requests_per_minute: limits.requests_per_minute.describe('In any 60 seconds; null: no limit.'),
    requests_per_month: limits.requests_per_month.describe(
      'In a calendar month, UTC; null: no limit.',
    ),
    is_default: z.boolean().describe('It holds where neither a key nor its project has one.'),
    ...managedMembers,
    created_at: instant.optional(),
    updated_at: instant.optional(),
  })
  .meta({ id: 'Tier' });

/** What a view has besides. A write that brings it back changes nothing of it. */
const viewOnly = z
  .object({
    ...{ name: z.unknown(), managed_by: z.unknown(), managed_at: z.unknown() },
    ...{ created_at: z.unknown(), updated_at: z.unknown() },
  })
  .partial().shape;

const shown = (tier: Tier, { places }: AdminServices): z.input<typeof tierSchema> => {
  const place = places.placeOf('tier', tier.name);
  const { createdAt, updatedAt, isDefault, source } = tier;
  return {
    ...{ name: tier.name, ...limitsOf(tier), is_default: isDefault },
    ...managementView(source === 'file' ? { by: 'file', place } : { by: 'operator' }),
    ...(createdAt !== undefined && { created_at: iso(createdAt) }),
    ...(updatedAt !== undefined && { updated_at: iso(updatedAt) }),
  };
};

const limitsOf = ({ limits: { requests_per_minute, requests_per_month } }: Tier) => ({
  requests_per_minute: requests_per_minute ?? null,
  requests_per_month: requests_per_month ?? null,
});

/** One of the file has no version: only the file changes it. */
const answerOf = (tier: Tier, services: AdminServices) => ({
  result: shown(tier, services),
  ...(tier.source === 'operator' && { version: tier.version }),
});

const pathOf = (tier: Pick<Tier, 'name'>) => `/tiers/${encodeURIComponent(tier.name)}`;

export const listTiers = operation({
  id: 'listTiers',
  method: 'GET',
  path: '/tiers',
  tag,
  summary: 'List tiers, by name',
  description: 'Those of the declarative file and those that were made here.',
  scope: 'api_keys:read',
  params: nothing,
  query: nothing,
  body: z.undefined(),
  result: pageOf(tierSchema),
  async run({ services }) {
    const tiers = await (await services.tiers()).list();
    return { result: { items: tiers.map((tier) => shown(tier, services)), next: null } };
  },
});

export const createTier = operation({
  id: 'createTier',
  method: 'POST',
  path: '/tiers',
  tag,
  summary: 'Create a tier',
  scope: 'settings:write',
  errors: ['already_exists', 'managed_by_file', 'too_many_tiers'],
  events: ['tier.created', 'tier.updated'],
  creates: true,
  idempotent: true,
  params: nothing,
  query: nothing,
  body: z.strictObject({ name, ...tierInput.shape }).meta({ id: 'TierInput' }),
  result: tierSchema,
  async run({ body: { name: wanted, ...input }, by, services }) {
    const tier = await (await services.tiers()).create(wanted, input, by);
    return { ...answerOf(tier, services), createdAt: pathOf(tier) };
  },
});

export const getTier = operation({
  id: 'getTier',
  method: 'GET',
  path: '/tiers/{tier}',
  tag,
  summary: 'Read a tier',
  scope: 'api_keys:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: tierSchema,
  run: async ({ params, services }) =>
    answerOf(await (await services.tiers()).get(params.tier), services),
});

export const putTier = operation({
  id: 'putTier',
  method: 'PUT',
  path: '/tiers/{tier}',
  tag,
  summary: 'Replace the limits of a tier, or create it',
  description:
    'Keys that have it are limited anew with their next request. With `If-None-Match: *` it creates the tier and fails if there is one.',
  scope: 'settings:write',
  errors: ['already_exists', 'managed_by_file', 'too_many_tiers'],
  events: ['tier.created', 'tier.updated'],
  versioned: true,
  creates: true,
  params: one,
  query: nothing,
  body: z.strictObject({ ...tierInput.shape, ...viewOnly }).meta({ id: 'TierReplacement' }),
  result: tierSchema,
  async run({ params, body, by, mustBeNew, services }) {
    const tiers = await services.tiers();
    const { requests_per_minute, requests_per_month, is_default } = body;
    const input = { requests_per_minute, requests_per_month, is_default };
    if (!mustBeNew) return answerOf(await tiers.replace(params.tier, input, by), services);
    const there = await tiers.list();
    if (there.some((tier) => tier.name === params.tier)) throw alreadyExists();
    const tier = await tiers.create(params.tier, input, by);
    return { ...answerOf(tier, services), createdAt: pathOf(tier) };
  },
});

export const patchTier = operation({
  id: 'patchTier',
  method: 'PATCH',
  path: '/tiers/{tier}',
  tag,
  summary: 'Change members of a tier',
  scope: 'settings:write',
  errors: ['managed_by_file'],
  events: ['tier.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: z
    .strictObject({ ...limits, is_default: z.boolean() })
    .partial()
    .meta({ id: 'TierPatch', description: 'A merge patch (RFC 7396).' }),
  result: tierSchema,
  async run({ params, body, by, services }) {
    const tiers = await services.tiers();
    const tier = await onNewest({
      expectedVersion: by.expectedVersion,
      read: () => tiers.get(params.tier),
      write: (before) =>
        tiers.replace(
          params.tier,
          { ...limitsOf(before), is_default: before.isDefault, ...body },
          { ...by, expectedVersion: before.version },
        ),
    });
    return answerOf(tier, services);
  },
});

export const deleteTier = operation({
  id: 'deleteTier',
  method: 'DELETE',
  path: '/tiers/{tier}',
  tag,
  summary: 'Delete a tier',
  description: 'Keys and projects that name it have the limits of the default tier from then on.',
  scope: 'settings:write',
  errors: ['managed_by_file', 'is_default'],
  events: ['tier.deleted'],
  versioned: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, services }) {
    await (await services.tiers()).remove(params.tier, by);
    return { result: undefined };
  },
});

export const tierOperations = [
  listTiers,
  createTier,
  getTier,
  putTier,
  patchTier,
  deleteTier,
] as const;
