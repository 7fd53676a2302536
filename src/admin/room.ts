/**
 * The admin API: clients, users, keys and all else that operators look after, for programs and for the console. It owns
 * what an operation looks like from outside and who may call it. What is changed, and what follows from it, is up to
 * the services of the rooms, which the command line and the declarative file use as well.
 */
import type { RepeatableSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { RequireProof } from '../oidc/room.ts';
import type { Secrets } from '../secrets/room.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import { createAuthentication } from './authentication.ts';
import { createInvoke, type Invoke } from './invoke.ts';
import { createPermit, type Permit } from './permission.ts';
import { createRepeatedRequests } from './repeated_requests.ts';
import { type AdminRoutes, createAdminRoutes } from './routes.ts';
import type { AdminServices, Rehearsal } from './services.ts';

export type { AdminCaller } from './caller.ts';
export type { Dependents } from './dependents.ts';
export type { Invoke } from './invoke.ts';
export { type AnyOperation, scopesOf } from './operation.ts';
export {
  createApiKey,
  disableApiKey,
  enableApiKey,
  getApiKey,
  listApiKeys,
  patchApiKey,
  revokeApiKey,
  rotateApiKey,
} from './operations/api_keys.ts';
export {
  createApi,
  deleteApi,
  disableApi,
  enableApi,
  getApi,
  listApis,
  patchApi,
} from './operations/apis.ts';
export { listAuditEvents } from './operations/audit_events.ts';
export {
  createClient,
  deleteClient,
  disableClient,
  enableClient,
  getClient,
  listClients,
  patchClient,
  rotateClientSecret,
} from './operations/clients.ts';
export {
  getApiKeyDependents,
  getClientDependents,
  getProjectDependents,
  getUserDependents,
} from './operations/dependents.ts';
export {
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  patchGroup,
} from './operations/groups.ts';
export {
  getIdentityProvider,
  listIdentityProviders,
  mapIdentityProviderClaims,
} from './operations/identity_providers.ts';
export {
  createInvitation,
  deleteInvitation,
  getInvitation,
  listInvitations,
} from './operations/invitations.ts';
export { getMail, listMails } from './operations/mails.ts';
export {
  deleteOperator,
  getOperator,
  listOperators,
  putOperator,
} from './operations/operators.ts';
export {
  createProject,
  deleteProject,
  disableProject,
  enableProject,
  getProject,
  listProjects,
  patchProject,
} from './operations/projects.ts';
export { getRefusal, listRefusals } from './operations/refusals.ts';
export {
  createRevocation,
  estimateRevocation,
  readRevocation,
  readStatusLists,
} from './operations/revocations.ts';
export { search } from './operations/search.ts';
export {
  createSetupLink,
  deleteSecondFactors,
  deleteSetupLink,
  getSecondFactors,
  listSetupLinks,
} from './operations/second_factors.ts';
export {
  endSession,
  getGrant,
  getSession,
  listGrantsOfClient,
  listGrantsOfUser,
  listSessions,
  revokeGrant,
} from './operations/sessions.ts';
export { getSettings, patchSettings } from './operations/settings.ts';
export {
  listSigningKeys,
  revokeSigningKey,
  rotateSigningKeys,
} from './operations/signing_keys.ts';
export { readStatistics } from './operations/statistics.ts';
export {
  createTier,
  deleteTier,
  getTier,
  listTiers,
  patchTier,
} from './operations/tiers.ts';
export { previewTokens } from './operations/token_previews.ts';
export { listUsage } from './operations/usage.ts';
export { deleteUserIdentity, listUserIdentities } from './operations/user_identities.ts';
export {
  createUser,
  deleteUser,
  disableUser,
  enableUser,
  getUser,
  listUsers,
  putUser,
  setUserPassword,
} from './operations/users.ts';
export {
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  getWebhook,
  listWebhookDeliveries,
  listWebhooks,
  patchWebhook,
  rotateWebhookSecret,
  testWebhook,
} from './operations/webhooks.ts';
export {
  getApiYaml,
  getClientYaml,
  getSettingsYaml,
  getTierYaml,
  getWebhookYaml,
} from './operations/yaml.ts';
export { mayCall, type Permit } from './permission.ts';
export { etagNotation } from './preconditions.ts';
export type { AdminRoutes } from './routes.ts';
export type { AdminServices, Rehearsal } from './services.ts';
export { operations } from './table.ts';
export { writeOptions } from './write_options.ts';

export type AdminRoom = { routes: AdminRoutes; invoke: Invoke; permit: Permit };

export function createAdminRoom({
  services,
  rehearse,
  artifacts,
  secrets,
  audit,
  clock,
  basePath,
  requireProof,
  ...credentials
}: {
  services: AdminServices;
  /** Services for one dry run. */
  rehearse: () => Promise<Rehearsal>;
  artifacts: ArtifactStore;
  secrets: Secrets;
  audit: RepeatableSink;
  clock: Clock;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  requireProof: RequireProof;
} & Parameters<typeof createAuthentication>[0]): AdminRoom {
  const permit = createPermit({ audit });
  const repeated = createRepeatedRequests({ artifacts, secrets, clock });
  const invoke = createInvoke({ services, rehearse, repeated, permit, clock });
  const authenticate = createAuthentication(credentials);
  const routes = createAdminRoutes({ authenticate, requireProof, invoke, basePath });
  return { invoke, permit, routes };
}
