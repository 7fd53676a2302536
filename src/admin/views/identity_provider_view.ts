/**
 * An identity provider as the admin API shows it. Never its secret.
 */
import { z } from 'zod';
import { authenticationLevels } from '../../definitions/authentication.ts';
import type { MappedClaims, ProviderFacts } from '../../identity_providers/room.ts';

const memberships = z.object({
  claim: z.string(),
  values: z.record(z.string(), z.string()).describe('Their value to ours.'),
});

export const identityProviderSchema = z
  .object({
    id: z.string(),
    name: z.string().describe('What its button says.'),
    preset: z.string().optional(),
    issuer: z.string(),
    client_id: z.string().describe('The client that Cardea is there.'),
    authentication: z
      .enum(['client_secret', 'signed_statement', 'none'])
      .describe('How Cardea authenticates there. Never the secret.'),
    scope: z.string(),
    redirect_uri: z.string().describe('To be registered at the provider.'),
    domains: z.array(z.string()),
    new_people: z.enum(['create', 'ask', 'refuse']),
    mapping: z.object({
      username: z.string(),
      email: z.string(),
      claims: z.record(z.string(), z.string()).describe('Our claim to theirs.'),
      groups: memberships.optional(),
      roles: memberships.optional(),
    }),
    trust: z.object({
      email: z.boolean(),
      acr: z.record(z.string(), z.enum(authenticationLevels)),
      amr: z.boolean(),
      auth_time: z.boolean(),
    }),
    clients: z
      .array(z.string())
      .describe('The ids of the clients that name it. Those that name none offer it, too.'),
  })
  .meta({ id: 'IdentityProvider' });

export const mappedClaimsSchema = z
  .object({
    username: z.string().optional(),
    email: z.string().optional(),
    email_verified: z.boolean().describe('Whether the address counts as verified here.'),
    claims: z.record(z.string(), z.unknown()),
    groups: z.array(z.string()),
    roles: z.array(z.string()),
    ignored: z
      .array(z.object({ claim: z.string(), reason: z.string() }))
      .describe('What the mapping names, and is not taken as it came.'),
  })
  .meta({ id: 'MappedClaims' });

export function identityProviderView(facts: ProviderFacts): z.input<typeof identityProviderSchema> {
  const { preset, mapping, clientId, redirectUri, newPeople, clients, domains, ...rest } = facts;
  const { username, email, claims, groups, roles } = mapping;
  return {
    ...{ ...rest, ...(preset && { preset }), client_id: clientId, redirect_uri: redirectUri },
    ...{ new_people: newPeople, domains: [...domains], clients: [...clients] },
    mapping: { username, email, claims, ...(groups && { groups }), ...(roles && { roles }) },
  };
}

export function mappedClaimsView({
  emailVerified,
  ...mapped
}: MappedClaims): z.input<typeof mappedClaimsSchema> {
  return { ...mapped, email_verified: emailVerified };
}
