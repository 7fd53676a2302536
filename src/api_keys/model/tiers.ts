/**
 * Which limits apply to a key: its own, or else those of its tier.
 */
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ProjectRecord } from '../../storage/projects.ts';
import type { UseLimits } from '../verification/key_limits.ts';

export type TierPolicy = Pick<ApiKeysDeclaration, 'tiers' | 'default_tier'>;

/** The key's own tier, its project's, or the default. */
export function tierOf(
  record: Pick<ApiKeyRecord, 'tier'>,
  project: Pick<ProjectRecord, 'tier'> | undefined,
  { default_tier }: TierPolicy,
): string | undefined {
  return record.tier ?? project?.tier ?? default_tier;
}

/** A tier that is no longer configured has the limits of the default tier. */
export function effectiveLimits(
  { limits }: Pick<ApiKeyRecord, 'limits'>,
  tier: string | undefined,
  { tiers, default_tier }: TierPolicy,
): UseLimits {
  const name = tier !== undefined && Object.hasOwn(tiers, tier) ? tier : default_tier;
  const declared = name === undefined ? undefined : tiers[name];
  return {
    perMinute: limits?.requestsPerMinute ?? declared?.requests_per_minute,
    perMonth: limits?.requestsPerMonth ?? declared?.requests_per_month,
  };
}
