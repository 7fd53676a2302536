/**
 * Every operation of the admin API.
 */
import type { AnyOperation } from './operation.ts';
import { apiKeyOperations } from './operations/api_keys.ts';
import { clientOperations } from './operations/clients.ts';
import { projectOperations } from './operations/projects.ts';
import { revocationOperations } from './operations/revocations.ts';
import { signingKeyOperations } from './operations/signing_keys.ts';
import { tokenPreviewOperations } from './operations/token_previews.ts';
import { usageOperations } from './operations/usage.ts';

export const operations: readonly AnyOperation[] = [
  ...clientOperations,
  ...projectOperations,
  ...apiKeyOperations,
  ...signingKeyOperations,
  ...revocationOperations,
  ...tokenPreviewOperations,
  ...usageOperations,
];
