/**
 * Reads opaque access tokens that this server issued, outside of the protocol engine's own endpoints. As with
 * JWTs (tokens/access/access_token_reader.ts) the answer is undefined for all that is not alive, whatever the reason.
 */
import type { Provider } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import { signInOf } from '../../definitions/authentication.ts';
import { sha256 } from '../../digests.ts';
import { type Artifact, type ArtifactStore, indexedKinds } from '../../storage/artifacts.ts';
import { type OpaqueToken, type Revocations, scopeWords } from '../../tokens/room.ts';
import type { ClientBounds } from '../clients/client_bounds.ts';
import type { PairwiseSubjects } from '../clients/pairwise.ts';
import { accessTokens, kindOf } from './kinds.ts';
import { createLiveness, linksOf } from './liveness.ts';

type Payload = {
  aud?: string | string[];
  scope?: string;
  jkt?: string;
  'x5t#S256'?: string;
  extra?: Record<string, unknown>;
};

/** What its record says of it. */
export function opaqueFacts({
  payload,
}: Artifact): Pick<OpaqueToken, 'audiences' | 'scopes' | 'signIn' | 'isBound'> {
  const { aud, scope, jkt, 'x5t#S256': thumbprint, extra = {} } = payload as Payload;
  return {
    audiences: [aud ?? []].flat(),
    scopes: scopeWords(scope),
    signIn: signInOf(extra),
    isBound: jkt !== undefined || thumbprint !== undefined,
  };
}

/** Finds the record of an opaque access token that is alive, and the consent behind it. */
export function createOpaqueTokens({
  artifacts,
  revocations,
  bounds,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'find'>;
  revocations: Pick<Revocations, 'isRevoked'>;
  bounds: Pick<ClientBounds, 'narrow'>;
  clock: Clock;
}): (token: string) => Promise<Artifact | undefined> {
  const isDead = createLiveness(revocations);

  return async (token) => {
    const id = sha256(token);
    const artifact =
      (await artifacts.find(accessTokens.ofPerson, id, clock.now())) ??
      (await artifacts.find(accessTokens.ofClient, id, clock.now()));
    if (!artifact || (await isDead(artifact))) return undefined;
    const { grantId } = artifact;
    const isConsented =
      !grantId || (await artifacts.find(indexedKinds.grant, grantId, clock.now()));
    const payload = isConsented && (await bounds.narrow(kindOf(artifact.kind), artifact.payload));
    return payload ? { ...artifact, payload } : undefined;
  };
}

export function createOpaqueTokenReader({
  artifacts,
  revocations,
  bounds,
  provider,
  pairwise,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'find'>;
  revocations: Pick<Revocations, 'isRevoked'>;
  bounds: Pick<ClientBounds, 'narrow'>;
  provider: () => Pick<Provider, 'Client'>;
  pairwise: PairwiseSubjects;
  clock: Clock;
}): (token: string) => Promise<OpaqueToken | undefined> {
  const find = createOpaqueTokens({ artifacts, revocations, bounds, clock });

  /** Undefined: the client is not there any more, or disabled. */
  const subjectOf = async ({ clientId = '', accountId }: Artifact): Promise<string | undefined> => {
    const client = await provider().Client.find(clientId);
    if (!client) return undefined;
    if (accountId === undefined) return clientId;
    return client.subjectType === 'pairwise'
      ? pairwise.subject(accountId, String(client.sectorIdentifier))
      : accountId;
  };

  return async (token) => {
    const artifact = await find(token);
    const links = artifact && linksOf(artifact);
    if (!artifact || !links) return undefined;
    const subject = await subjectOf(artifact);
    if (subject === undefined) return undefined;
    const { clientId = '', accountId } = artifact;
    return { subject, clientId, accountId, links, ...opaqueFacts(artifact) };
  };
}
