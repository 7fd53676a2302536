/**
 * Finds a bearer value's record in the store. JWTs have none; tokens/ reads them.
 */
import { artifactId, kindsWhere } from '../../oidc/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';

/** Undefined if unknown or expired. `now` is in milliseconds since the epoch. */
export async function findToken(
  artifacts: Pick<ArtifactStore, 'find'>,
  value: string,
  now: number,
): Promise<Artifact | undefined> {
  for (const kind of kindsWhere(({ presented }) => presented.toOperators)) {
    const artifact = await artifacts.find(kind, artifactId(kind, value), now);
    if (artifact) return artifact;
  }
  return undefined;
}
