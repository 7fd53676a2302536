/**
 * Initial access tokens (RFC 7591 section 3): what an operator gives to whoever may register clients. The
 * library looks them up as it looks up what it wrote itself.
 */
import { type Clock, epochSeconds } from '../clock.ts';
import { randomId } from '../ids.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import { toArtifact } from './artifact_mapping.ts';

const kind = 'InitialAccessToken';

/** A fresh token, good for any number of registrations until it expires. Only its hash is kept. */
export async function createInitialAccessToken(
  { artifacts, clock }: { artifacts: Pick<ArtifactStore, 'put'>; clock: Clock },
  { lifetimeSeconds }: { lifetimeSeconds: number },
): Promise<{ token: string; expiresAt: number }> {
  const token = randomId(32);
  const iat = epochSeconds(clock);
  const exp = iat + lifetimeSeconds;
  const options = { expiresIn: lifetimeSeconds, now: clock.now() };
  await artifacts.put(toArtifact(kind, token, { kind, iat, exp }, options));
  return { token, expiresAt: exp * 1000 };
}
