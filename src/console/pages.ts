/**
 * Every page of the console. A new one is made by one of parts/ (or by hand) in the folder of its section, and listed here:
 * it is routed, guarded, and in the navigation where its path is a section's.
 */

import { apiKeyPages } from './api_keys/pages.ts';
import { apiPages } from './apis/pages.ts';
import { auditPages } from './audit/pages.ts';
import { clientPages } from './clients/pages.ts';
import { groupPages } from './groups/pages.ts';
import { homePage } from './home/page.ts';

import { identityProviderPages } from './identity_providers/pages.ts';
import { invitationPages } from './invitations/pages.ts';
import { lookPages } from './look/pages.ts';
import { mailPages } from './mails/pages.ts';
import { operatorPages } from './operators/pages.ts';
import type { ConsolePage } from './page.ts';
import { projectPages } from './projects/pages.ts';
import { refusalPages } from './refusals/pages.ts';
import { revocationPages } from './revocations/pages.ts';
import { searchPage } from './search.ts';
import { signingKeyPages } from './signing_keys/pages.ts';
import { tierPages } from './tiers/pages.ts';
import { tokenPreviewPages } from './token_previews/pages.ts';
import { toolPages } from './tools/pages.ts';
import { userPages } from './users/pages.ts';
import { webhookPages } from './webhooks/pages.ts';

export const consolePages: readonly ConsolePage[] = [
  homePage,
  searchPage,
  ...clientPages,
  ...apiPages,
  ...userPages,
  ...invitationPages,
  ...signingKeyPages,
  ...revocationPages,
  ...refusalPages,
  ...auditPages,
  ...mailPages,
  ...tokenPreviewPages,
  ...groupPages,
  ...projectPages,
  ...apiKeyPages,
  ...tierPages,
  ...toolPages,
  ...identityProviderPages,
  ...webhookPages,
  ...operatorPages,
  ...lookPages,
];
