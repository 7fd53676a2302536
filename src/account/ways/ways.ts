/**
 * The table of ways to sign in that the account pages show. A further one is an entry here; its own pages, where it is added
 * or removed, are listed in ../pages.ts under the section `ways`.
 */
import type { AccountWay } from '../../pages/account_data.ts';
import type { AccountRequest } from '../page.ts';
import { appWay } from './authenticator_apps/app_way.ts';
import { browsersWay } from './browsers/pages.ts';
import { passkeysWay } from './passkeys/passkeys_way.ts';
import { passwordWay } from './password_way.ts';
import { providersWay } from './providers/providers_way.ts';
import { recoveryCodesWay } from './recovery_codes/pages.ts';

/** Undefined: it is nothing for this person. */
export type SignInWay = (request: AccountRequest) => Promise<AccountWay | undefined>;

export const signInWays: readonly SignInWay[] = [
  passwordWay,
  passkeysWay,
  providersWay,
  appWay,
  recoveryCodesWay,
  browsersWay,
];
