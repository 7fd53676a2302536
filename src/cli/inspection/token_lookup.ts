/**
 * Finds what a bearer value stands for in the store. JWTs have no record; they are read by tokens/.
 */
import { artifactId } from '../../oidc/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';

const kinds = {
  RefreshToken: 'refresh token',
  AccessToken: 'opaque access token of a user',
  ClientCredentials: 'opaque access token of a client',
  AuthorizationCode: 'authorization code',
  DeviceCode: 'device code',
  InitialAccessToken: 'initial access token (RFC 7591)',
  RegistrationAccessToken: 'registration access token (RFC 7592)',
} as const;

export type FoundToken = { artifact: Artifact; name: string };

/** Undefined: unknown, or expired. `now`: milliseconds since the epoch. */
export async function findToken(
  artifacts: Pick<ArtifactStore, 'find'>,
  value: string,
  now: number,
): Promise<FoundToken | undefined> {
  for (const [kind, name] of Object.entries(kinds)) {
    const artifact = await artifacts.find(kind, artifactId(kind, value), now);
    if (artifact) return { artifact, name };
  }
  return undefined;
}
