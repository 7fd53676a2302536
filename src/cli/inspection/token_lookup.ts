/**
 * Finds what a bearer value stands for in the store. JWTs have no record; they are read by tokens/.
 */
import { artifactId, kinds, kindsWhere } from '../../oidc/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';

export type FoundToken = { artifact: Artifact; name: string };

/** Undefined: unknown, or expired. `now`: milliseconds since the epoch. */
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
