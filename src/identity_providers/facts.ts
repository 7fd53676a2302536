/**
 * What operators see of providers. No secret is among it.
 */
import type { IdentityProviderConfig } from '../config/schema/identity_providers.ts';
import { type MappedClaims, mapClaims } from './claims_mapping.ts';
import type { Claims } from './presets.ts';
import { callbackUri, identityProvider } from './provider.ts';

export type ProviderFacts = Pick<
  IdentityProviderConfig,
  'id' | 'preset' | 'domains' | 'mapping' | 'trust'
> & {
  name: string;
  issuer: string;
  clientId: string;
  /** How Cardea authenticates there. */
  authentication: 'client_secret' | 'signed_statement' | 'none';
  scope: string;
  /** To be registered at the provider. */
  redirectUri: string;
  newPeople: IdentityProviderConfig['new_people'];
  /** The ids of those that name it. */
  clients: readonly string[];
};

export type ProviderCatalogue = {
  list(): readonly ProviderFacts[];
  find(id: string): ProviderFacts | undefined;
  /** What becomes of claims that a provider would send; undefined: there is no such provider. */
  map(id: string, claims: Claims): MappedClaims | undefined;
};

/** `clients`: of the declarative file, which alone says what a client offers. */
export function createProviderCatalogue({
  configs,
  clients,
  issuer,
}: {
  configs: readonly IdentityProviderConfig[];
  clients: readonly { client_id: string; identity_providers?: string[] | undefined }[];
  issuer: string;
}): ProviderCatalogue {
  const known = configs.map((config) => {
    const provider = identityProvider(config);
    const facts: ProviderFacts = {
      ...{ id: config.id, preset: config.preset, domains: config.domains },
      ...{ mapping: config.mapping, trust: config.trust },
      ...{ name: provider.name, issuer: provider.issuer, scope: provider.scope },
      ...{ clientId: provider.clientId, newPeople: provider.newPeople },
      authentication: authenticationOf(config),
      redirectUri: callbackUri(issuer, config.id),
      clients: clients
        .filter(({ identity_providers: ids = [] }) => ids.includes(config.id))
        .map(({ client_id: id }) => id),
    };
    return { facts, provider };
  });
  const findKnown = (id: string) => known.find(({ facts }) => facts.id === id);
  return {
    list: () => known.map(({ facts }) => facts),
    find: (id) => findKnown(id)?.facts,
    map(id, claims) {
      const { provider } = findKnown(id) ?? {};
      return provider && mapClaims(provider.mapping, claims, provider.vouchesForEmail);
    },
  };
}

function authenticationOf({
  apple_key: key,
  client_secret: secret,
}: IdentityProviderConfig): ProviderFacts['authentication'] {
  if (key) return 'signed_statement';
  return secret === undefined ? 'none' : 'client_secret';
}
