/**
 * Initial access tokens (RFC 7591 section 3): what an operator gives to whoever may register clients. The
 * library looks them up as it looks up what it wrote itself.
 */
import { type Clock, epochSeconds } from '../../clock.ts';
import { initialAccessTokenUses } from '../../definitions/limits.ts';
import { randomId } from '../../digests.ts';
import type { UsedToken } from '../../rate_limits/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import { createRequestSlot } from '../engine/request_slots.ts';
import { toArtifact } from '../records/artifact_mapping.ts';
import type { RecordKind } from '../records/kinds.ts';

const kind: RecordKind = 'InitialAccessToken';

/** A fresh token, good for so many registrations until it expires. Only its hash is kept. */
export async function createInitialAccessToken(
  { artifacts, clock }: { artifacts: Pick<ArtifactStore, 'put'>; clock: Clock },
  { lifetimeSeconds, uses = initialAccessTokenUses }: { lifetimeSeconds: number; uses?: number },
): Promise<{ token: string; expiresAt: number }> {
  const token = randomId(32);
  const iat = epochSeconds(clock);
  const exp = iat + lifetimeSeconds;
  const options = { expiresIn: lifetimeSeconds, now: clock.now() };
  await artifacts.put(toArtifact(kind, token, { kind, iat, exp, uses }, options));
  return { token, expiresAt: exp * 1000 };
}

/** What the request registers a client with. Set as it is found; read when the client is stored. */
const used = createRequestSlot<UsedToken>();

export const usedInitialAccessToken = used.get;

/** Notes what limits a token's use. */
export function useInitialAccessToken({ id, payload, expiresAt }: Artifact): void {
  used.set({ id, uses: Number(payload.uses ?? initialAccessTokenUses), expiresAt });
}
