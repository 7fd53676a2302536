/**
 * Every operation of the admin API.
 */
import type { AnyOperation } from './operation.ts';
import { apiKeyOperations } from './operations/api_keys.ts';
import { apiOperations } from './operations/apis.ts';
import { clientOperations } from './operations/clients.ts';
import { operatorOperations } from './operations/operators.ts';
import { projectOperations } from './operations/projects.ts';
import { revocationOperations } from './operations/revocations.ts';
import { settingsOperations } from './operations/settings.ts';
import { signingKeyOperations } from './operations/signing_keys.ts';
import { usageOperations } from './operations/usage.ts';
import { webhookOperations } from './operations/webhooks.ts';
import { yamlOperations } from './operations/yaml.ts';

export const operations: readonly AnyOperation[] = [
  ...clientOperations,
  ...apiOperations,
  ...projectOperations,
  ...apiKeyOperations,
  ...signingKeyOperations,
  ...revocationOperations,
  ...usageOperations,
  ...webhookOperations,
  ...operatorOperations,
  ...settingsOperations,
  ...yamlOperations,
];
