/**
 * Revocations as they were acknowledged, kept for a while under an id: whoever asks later how far one has come is told
 * what was revoked and when by the server, never by an address.
 */
import type { z } from 'zod';
import { iso } from '../clock.ts';
import { acknowledgedRevocation } from '../definitions/lifetimes.ts';
import { randomId } from '../digests.ts';
import type { RevocationOutcome } from '../tokens/room.ts';
import type { AdminServices } from './services.ts';
import type { revocationResult } from './views/revocation_view.ts';

type Acknowledged = z.input<typeof revocationResult>;

const kind = 'AcknowledgedRevocation';

/** To be called as soon as the revocation is durable. Throws StoreUnavailableError; the revocation is in effect then, too. */
export async function acknowledged(
  target: Record<string, unknown>,
  { effectiveWithin }: Pick<RevocationOutcome, 'effectiveWithin'>,
  { store, clock }: Pick<AdminServices, 'store' | 'clock'>,
): Promise<Acknowledged> {
  const id = randomId();
  const now = clock.now();
  const payload = {
    ...{ id, target, revoked_at: iso(now) ?? '', effective_within: effectiveWithin },
    effective_by: iso(now + effectiveWithin * 1000) ?? '',
  };
  const expiresAt = now + acknowledgedRevocation * 1000;
  await store.artifacts.put({ kind, id, payload, expiresAt });
  return payload;
}

/** Undefined: there is none, or not any more. */
export async function findAcknowledged(
  id: string,
  { store, clock }: Pick<AdminServices, 'store' | 'clock'>,
): Promise<Acknowledged | undefined> {
  const found = await store.artifacts.find(kind, id, clock.now());
  return found?.payload as Acknowledged | undefined;
}
