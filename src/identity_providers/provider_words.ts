/**
 * What a provider has said, for the operator who tests the connection: its claims as they came, bounded, and what the
 * mapping makes of them.
 */
import { mapClaims } from './claims_mapping.ts';
import type { ProviderWords } from './outcomes.ts';
import type { VerifiedIdentity } from './protocol.ts';
import type { IdentityProvider } from './provider.ts';

/** Characters that are shown. */
const longestClaims = 20_000;
/** Objects within objects that are shown. */
const shownDepth = 10;

export function wordsOf(provider: IdentityProvider, { claims }: VerifiedIdentity): ProviderWords {
  return {
    claims: JSON.stringify(cutBelow(claims, shownDepth), undefined, 2).slice(0, longestClaims),
    mapped: mapClaims(provider.mapping, claims, provider.vouchesForEmail),
  };
}

/** Without what is deeper: how much space its indentation takes is the square of the depth. */
function cutBelow(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((entry) => cutBelow(entry, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, cutBelow(entry, depth - 1)]),
  );
}
