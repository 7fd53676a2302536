/**
 * The tiers that operators make: one document of the store.
 */
import type { ApiKeysDeclaration } from '../config/schema/api_keys.ts';
import type { DocumentStore } from '../storage/documents.ts';

/** Requests; absent: no such limit. */
export type TierLimits = ApiKeysDeclaration['tiers'][string];

/** Times in milliseconds since the epoch. The version grows with each change, and starts at 1. */
export type StoredTier = {
  limits: TierLimits;
  createdAt: number;
  updatedAt: number;
  version: number;
};

export type TiersDocument = {
  tiers: Readonly<Record<string, StoredTier>>;
  defaultTier?: string | undefined;
};

export const tiersDocument = 'api_key_tiers';
export const noTiers: TiersDocument = { tiers: {} };

export async function readTiers(
  documents: Pick<DocumentStore, 'get'>,
): Promise<{ version: number; value: TiersDocument }> {
  return (await documents.get<TiersDocument>(tiersDocument)) ?? { version: 0, value: noTiers };
}

type Declared = Pick<ApiKeysDeclaration, 'tiers' | 'default_tier'>;

/** What holds: the file wins, name by name. A default that is gone is none. */
export function effectiveTiers(
  declared: Declared,
  { tiers, defaultTier }: TiersDocument,
): Declared {
  const own = Object.entries(tiers).map(([name, { limits }]) => [name, limits] as const);
  const all = { ...Object.fromEntries(own), ...declared.tiers };
  const named = declared.default_tier ?? defaultTier;
  return {
    tiers: all,
    default_tier: named !== undefined && Object.hasOwn(all, named) ? named : undefined,
  };
}
