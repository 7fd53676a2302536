/**
 * Every operation of the admin API.
 */
import type { AnyOperation } from './operation.ts';
import { apiKeyOperations } from './operations/api_keys.ts';
import { apiOperations } from './operations/apis.ts';
import { auditOperations } from './operations/audit_events.ts';
import { clientOperations } from './operations/clients.ts';
import { dependentsOperations } from './operations/dependents.ts';
import { groupOperations } from './operations/groups.ts';
import { identityProviderOperations } from './operations/identity_providers.ts';
import { invitationOperations } from './operations/invitations.ts';
import { mailOperations } from './operations/mails.ts';
import { operatorOperations } from './operations/operators.ts';
import { projectOperations } from './operations/projects.ts';
import { refusalOperations } from './operations/refusals.ts';
import { revocationOperations } from './operations/revocations.ts';
import { searchOperations } from './operations/search.ts';
import { secondFactorOperations } from './operations/second_factors.ts';
import { sessionOperations } from './operations/sessions.ts';
import { settingsOperations } from './operations/settings.ts';
import { signingKeyOperations } from './operations/signing_keys.ts';
import { statisticsOperations } from './operations/statistics.ts';
import { tierOperations } from './operations/tiers.ts';
import { tokenPreviewOperations } from './operations/token_previews.ts';
import { usageOperations } from './operations/usage.ts';
import { userIdentityOperations } from './operations/user_identities.ts';
import { userOperations } from './operations/users.ts';
import { webhookOperations } from './operations/webhooks.ts';
import { yamlOperations } from './operations/yaml.ts';

export const operations: readonly AnyOperation[] = [
  ...searchOperations,
  ...clientOperations,
  ...apiOperations,
  ...userOperations,
  ...secondFactorOperations,
  ...userIdentityOperations,
  ...invitationOperations,
  ...groupOperations,
  ...sessionOperations,
  ...projectOperations,
  ...apiKeyOperations,
  ...tierOperations,
  ...signingKeyOperations,
  ...revocationOperations,
  ...refusalOperations,
  ...auditOperations,
  ...tokenPreviewOperations,
  ...usageOperations,
  ...statisticsOperations,
  ...webhookOperations,
  ...mailOperations,
  ...identityProviderOperations,
  ...operatorOperations,
  ...settingsOperations,
  ...yamlOperations,
  ...dependentsOperations,
];
