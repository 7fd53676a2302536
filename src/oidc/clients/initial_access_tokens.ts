/**
 * Initial access tokens (RFC 7591 section 3): what an operator gives to whoever may register clients. The
 * library looks them up as it looks up what it wrote itself.
 */
import { type Clock, epochSeconds } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import type { UsedToken } from '../../rate_limits/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import { toArtifact } from '../records/artifact_mapping.ts';

const kind = 'InitialAccessToken';

/** Clients that a token makes where its maker does not say. */
export const defaultUses = 100;

/** A fresh token, good for so many registrations until it expires. Only its hash is kept. */
export async function createInitialAccessToken(
  { artifacts, clock }: { artifacts: Pick<ArtifactStore, 'put'>; clock: Clock },
  { lifetimeSeconds, uses = defaultUses }: { lifetimeSeconds: number; uses?: number },
): Promise<{ token: string; expiresAt: number }> {
  const token = randomId(32);
  const iat = epochSeconds(clock);
  const exp = iat + lifetimeSeconds;
  const options = { expiresIn: lifetimeSeconds, now: clock.now() };
  await artifacts.put(toArtifact(kind, token, { kind, iat, exp, uses }, options));
  return { token, expiresAt: exp * 1000 };
}

/** What limits a token's use; undefined: the record is none. */
export function usedToken({
  kind: found,
  id,
  payload,
  expiresAt,
}: Artifact): UsedToken | undefined {
  if (found !== kind) return undefined;
  return { id, uses: Number(payload.uses ?? defaultUses), expiresAt };
}
