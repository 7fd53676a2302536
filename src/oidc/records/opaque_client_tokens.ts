/**
 * Issues opaque access tokens that clients get for themselves, in the form in which the library stores them.
 */
import type { Api } from '../../apis/room.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { IssuedAccessToken } from '../../tokens/room.ts';
import { toArtifact } from './artifact_mapping.ts';
import { accessTokens } from './kinds.ts';

export type OpaqueClientTokens = {
  /**
   * `boundTo`: the thumbprint of a key. `asOf`: the last revocation before the client was looked up: a later one ends
   * the token too, so that none survives its client's end. On record when it resolves. Throws StoreUnavailableError.
   */
  issue(token: {
    clientId: string;
    api: Api;
    scopes: readonly string[];
    boundTo: string | undefined;
    asOf: number;
  }): Promise<IssuedAccessToken>;
};

/** Bytes of randomness. */
const valueLength = 32;

export function createOpaqueClientTokens({
  artifacts,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'put'>;
  clock: Clock;
}): OpaqueClientTokens {
  return {
    async issue({ clientId, api, scopes, boundTo, asOf }) {
      const token = randomId(valueLength);
      const iat = epochSeconds(clock);
      const expiresIn = api.lifetimeSeconds;
      const kind = accessTokens.ofClient;
      const payload = {
        ...{ kind, iat, exp: iat + expiresIn, clientId, aud: api.identifier },
        ...(scopes.length > 0 && { scope: scopes.join(' ') }),
        ...(boundTo !== undefined && { jkt: boundTo }),
        as_of: asOf,
      };
      await artifacts.put(toArtifact(kind, token, payload, { expiresIn, now: clock.now() }));
      return { token, jti: token, expiresIn };
    },
  };
}
