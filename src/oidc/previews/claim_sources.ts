/**
 * Where the claims of a preview come from: which scope releases one, or which API asks for it. Told by the same tables
 * that decide it.
 */
import type { Client } from 'oidc-provider';
import type { Api } from '../../apis/room.ts';
import { claimName } from '../../definitions/claims.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import { type ClaimMapping, spelled } from '../clients/claim_mapping.ts';

export type ClaimSource = {
  /** `protocol`: OAuth 2.0 and OpenID Connect have it in every such token. */
  from: 'scope' | 'claims_parameter' | 'api' | 'protocol';
  /** The scope that releases it. */
  scope?: string;
  /** The name of the user's claim, where `claim_mapping` of the client gives it another. */
  claim?: string;
};

/** By name, for what the client gets in ID tokens and userinfo. */
export function sourcesForClient(
  told: Record<string, unknown>,
  {
    client,
    granted,
    scopes,
  }: {
    client: Client;
    granted: readonly string[];
    scopes: Pick<PersonScopes, 'claims' | 'scopeOf'>;
  },
): Record<string, ClaimSource> {
  const mapping = client.claim_mapping as ClaimMapping | undefined;
  const nameOf = (claim: string) => Object.keys(spelled({ [claim]: '' }, mapping))[0] ?? claim;
  const ofPeople = new Map<string, ClaimSource>();
  for (const [scope, claims] of Object.entries(scopes.claims)) {
    for (const claim of claims) {
      const name = nameOf(claim);
      const from = granted.includes(scope) ? 'scope' : 'claims_parameter';
      if (ofPeople.get(name)?.from === 'scope') continue;
      ofPeople.set(name, { from, scope, ...(name !== claim && { claim }) });
    }
  }
  const sourceOf = (name: string) => ofPeople.get(name) ?? ofPeople.get(claimName(name));
  const names = Object.keys(told);
  return Object.fromEntries(names.map((name) => [name, sourceOf(name) ?? ofProtocol]));
}

/** By name, for the access token. */
export function sourcesForApi(
  told: Record<string, unknown>,
  api: Pick<Api, 'claims'> | undefined,
): Record<string, ClaimSource> {
  const isAsked = (name: string) => api?.claims.includes(claimName(name)) === true;
  return Object.fromEntries(
    Object.keys(told).map((name) => [name, isAsked(name) ? { from: 'api' } : ofProtocol]),
  );
}

const ofProtocol: ClaimSource = { from: 'protocol' };
