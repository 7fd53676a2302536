/**
 * Every page of an account. A new one is listed here, and is routed and guarded by that.
 */
import { activityPages } from './activity/pages.ts';
import { newKeyPages } from './api_keys/new_key.ts';
import { apiKeyPages } from './api_keys/pages.ts';
import { appPages } from './apps/pages.ts';
import { emailPages } from './email/pages.ts';
import { languagePages } from './languages.ts';
import { overviewPages } from './overview.ts';
import { deletionPages } from './own_data/deletion_pages.ts';
import { dataPages } from './own_data/pages.ts';
import type { AccountPage } from './page.ts';
import { profilePages } from './profile/pages.ts';
import { sessionPages } from './sessions/pages.ts';
import { appDetailPages } from './ways/authenticator_apps/app_pages.ts';
import { newAppPages } from './ways/authenticator_apps/new_app.ts';
import { browsersPages } from './ways/browsers/pages.ts';
import { waysPages } from './ways/page.ts';
import { newPasskeyPages } from './ways/passkeys/new_passkey.ts';
import { passkeyPages } from './ways/passkeys/passkey_pages.ts';
import { passwordPages } from './ways/password_pages.ts';
import { providerPages } from './ways/providers/provider_pages.ts';
import { recoveryCodesPages } from './ways/recovery_codes/pages.ts';
import { removedPasswordPages } from './ways/removed_password.ts';

export const accountPages: readonly AccountPage[] = [
  ...overviewPages,
  ...profilePages,
  ...emailPages,
  ...waysPages,
  ...passwordPages,
  ...removedPasswordPages,
  ...newAppPages,
  ...appDetailPages,
  ...newPasskeyPages,
  ...passkeyPages,
  ...providerPages,
  ...recoveryCodesPages,
  ...browsersPages,
  ...sessionPages,
  ...appPages,
  ...newKeyPages,
  ...apiKeyPages,
  ...activityPages,
  ...languagePages,
  ...dataPages,
  ...deletionPages,
];
