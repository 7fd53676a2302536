/**
 * The room of identity providers. It owns which there are, the protocol towards each, what of a provider's claims becomes
 * part of a user, and which identities open which account. What an account still has to prove is authentication/, pages
 * are interactions/ and account/.
 */
import type { Authenticators } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import type { IdentityProviderConfig } from '../config/schema/identity_providers.ts';
import type { NetworkBudget } from '../rate_limits/room.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { Revocations } from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import { createArrivals } from './arrivals.ts';
import { createBegunSignIns } from './begun_sign_ins.ts';
import { createGitHubProtocol } from './github_protocol.ts';
import { createIdentities } from './identities.ts';
import { createMemberships } from './memberships.ts';
import { createNewAccounts } from './new_accounts.ts';
import { createOpenIdProtocol } from './openid_protocol.ts';
import { createOutcomes } from './outcomes.ts';
import type { ProviderProblem } from './protocol.ts';
import { identityProvider } from './provider.ts';
import { createProviderTests } from './provider_tests.ts';
import { createProviderSignIns } from './service.ts';

export { begunLifetimeMs } from './begun_sign_ins.ts';
export { type CallbackRoutes, createCallbackRoutes } from './callback_routes.ts';
export type { MappedClaims } from './claims_mapping.ts';
export {
  createProviderCatalogue,
  type ProviderCatalogue,
  type ProviderFacts,
} from './facts.ts';
export { createIdentities } from './identities.ts';
export type { ProvenIdentity, ProviderFailure } from './outcomes.ts';
export { ProviderFault, type ProviderProblem } from './protocol.ts';
export type { IdentityProvider } from './provider.ts';
export type { ProviderTestResult, ProviderTests } from './provider_tests.ts';

/** Tells a person of an identity at a provider that opens their account from now on. Never fails. */
export type TellOfIdentity = (
  userId: string,
  about: { provider: string; ip: string | undefined },
) => Promise<void>;

export type IdentityProviders = ReturnType<typeof createIdentityProviders>;

export function createIdentityProviders({
  configs,
  issuer,
  artifacts,
  key,
  authenticators,
  users,
  isDeclared,
  revocations,
  fetch,
  budget,
  count,
  clock,
}: {
  configs: readonly IdentityProviderConfig[];
  issuer: string;
  artifacts: ArtifactStore;
  /** Derived for sign-ins at providers. */
  key: Buffer;
  authenticators: Authenticators;
  users: Users;
  /** Whether the declarative file says what groups and roles this user has. */
  isDeclared(username: string): boolean;
  revocations: Pick<Revocations, 'sequence'>;
  /** For what the operator names. */
  fetch: typeof globalThis.fetch;
  /** How many sign-ins that lead to nothing one network may begin. */
  budget: NetworkBudget;
  /** For the metrics. */
  count: (provider: string, outcome: 'proven' | ProviderProblem) => void;
  clock: Clock;
}) {
  const known = configs.map((config) => {
    const provider = identityProvider(config);
    const create = provider.protocol === 'github' ? createGitHubProtocol : createOpenIdProtocol;
    return { provider, protocol: create({ provider, fetch, clock }) };
  });
  const outcomes = createOutcomes({ artifacts, clock });
  const identities = createIdentities({ authenticators, clock });
  const signIns = createProviderSignIns({
    ...{ known, outcomes, issuer, revocations, budget, count, clock },
    begun: createBegunSignIns({ artifacts, key, clock }),
  });
  const arrivals = createArrivals({ authenticators, users, clock });
  const newAccounts = createNewAccounts({ authenticators, identities, users });
  return {
    ...{ outcomes, identities, signIns, arrivals, newAccounts },
    memberships: createMemberships({ users, isDeclared }),
    tests: createProviderTests({ signIns, outcomes, arrivals, newAccounts }),
  };
}
