/**
 * Operations on identity providers: where else people can sign in. The declarative file alone says which there are.
 */
import { z } from 'zod';
import { CardeaError } from '../../errors.ts';
import { operation } from '../operation.ts';
import { nothing, pageOf } from '../schemas.ts';
import {
  identityProviderSchema,
  identityProviderView,
  mappedClaimsSchema,
  mappedClaimsView,
} from '../views/identity_provider_view.ts';

const tag = 'Identity providers';
const one = z.strictObject({ provider_id: z.string().min(1).max(100) });

export const listIdentityProviders = operation({
  id: 'listIdentityProviders',
  method: 'GET',
  path: '/identity-providers',
  tag,
  summary: 'List identity providers, in the order of the declarative file',
  scope: 'settings:read',
  params: nothing,
  query: nothing,
  body: z.undefined(),
  result: pageOf(identityProviderSchema),
  async run({ services }) {
    const items = services.providerCatalogue.list().map(identityProviderView);
    return { result: { items, next: null } };
  },
});

export const getIdentityProvider = operation({
  id: 'getIdentityProvider',
  method: 'GET',
  path: '/identity-providers/{provider_id}',
  tag,
  summary: 'Read an identity provider',
  scope: 'settings:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: identityProviderSchema,
  async run({ params, services }) {
    const facts = services.providerCatalogue.find(params.provider_id);
    if (!facts) throw noSuchProvider();
    return { result: identityProviderView(facts) };
  },
});

export const mapIdentityProviderClaims = operation({
  id: 'mapIdentityProviderClaims',
  method: 'POST',
  path: '/identity-providers/{provider_id}/map-claims',
  tag,
  summary: 'What the mapping of an identity provider makes of claims',
  description: 'Nobody is looked for, made or changed.',
  scope: 'settings:write',
  params: one,
  query: nothing,
  body: z.strictObject({
    claims: z
      .record(z.string(), z.unknown())
      .describe('As its ID token and its userinfo endpoint would have them.'),
  }),
  result: mappedClaimsSchema,
  async run({ params, body, services }) {
    const mapped = services.providerCatalogue.map(params.provider_id, body.claims);
    if (!mapped) throw noSuchProvider();
    return { result: mappedClaimsView(mapped) };
  },
});

function noSuchProvider(): CardeaError {
  return new CardeaError({
    ...{ code: 'not_found', status: 404 },
    message: 'The declarative file has no identity provider with this id.',
  });
}

export const identityProviderOperations = [
  listIdentityProviders,
  getIdentityProvider,
  mapIdentityProviderClaims,
] as const;
