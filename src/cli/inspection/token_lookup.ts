/**
 * Finds a bearer value's record in the store. JWTs have none; tokens/ reads them.
 */
import { artifactId, kinds, kindsWhere } from '../../oidc/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';

export type FoundToken = { artifact: Artifact; name: string };

/** Undefined if unknown or expired. `now` is in milliseconds since the epoch. */
export async function findToken(
  artifacts: Pick<ArtifactStore, 'find'>,
  value: string,
  now: number,
): Promise<FoundToken | undefined> {
  for (const kind of kindsWhere(({ presented }) => presented.toOperators)) {
    const artifact = await artifacts.find(kind, artifactId(kind, value), now);
    if (artifact) return { artifact, name: kinds[kind].title };
  }
  return undefined;
}
