/**
 * What the account pages are made of.
 */
import type { ApiKeys } from '../api_keys/room.ts';
import type { ApiRegistry } from '../apis/room.ts';
import type { AuditSink } from '../audit/room.ts';
import type { Authentication, LostFactors, Passkeys } from '../authentication/room.ts';
import type { FindClient } from '../clients/room.ts';
import type { AccountPolicy } from '../config/schema/account.ts';
import type { ApiKeysDeclaration } from '../config/schema/api_keys.ts';
import type { DeclarationPlaces } from '../declaration/room.ts';
import type { AuthenticationLevel } from '../definitions/authentication.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import type { IdentityProviders } from '../identity_providers/room.ts';
import type { AccountBudget, SignInThrottle } from '../rate_limits/room.ts';
import type { PersonScopes } from '../scopes/room.ts';
import type { Store } from '../storage/store.ts';
import type { KillSwitches, Revocations } from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import type { EmailChanges } from './email/email_changes.ts';
import type { TellPerson } from './notices.ts';

export type AccountServices = {
  issuer: string;
  policy: AccountPolicy;
  keyPolicy: Pick<ApiKeysDeclaration, 'default_expiry' | 'max_expiry'>;
  store: Pick<Store, 'artifacts' | 'audit' | 'usage'>;
  users: Users;
  authentication: Pick<
    Authentication,
    | 'authenticators'
    | 'totps'
    | 'recoveryCodes'
    | 'trustedBrowsers'
    | 'secondFactors'
    | 'passwordRemoval'
  >;
  lostFactors: Pick<LostFactors, 'openLink' | 'useLink'>;
  /** Undefined where no mail can be sent. */
  emailChanges: EmailChanges | undefined;
  providers: Pick<IdentityProviders, 'signIns' | 'outcomes' | 'identities'>;
  providerCookie: BrowserCookie;
  passkeys: Pick<Passkeys, 'isPossible' | 'creation' | 'add' | 'rename' | 'signals'>;
  /** How strong every sign-in of somebody with these roles has to be, at whichever app. */
  requiredLevel(roles: readonly string[]): AuthenticationLevel;
  audit: AuditSink;
  apiKeys: ApiKeys;
  apis: Pick<ApiRegistry, 'find' | 'list'>;
  scopes: Pick<PersonScopes, 'textOf'>;
  findClient: FindClient;
  /** Whether a person is an operator. */
  isOperator(userId: string): Promise<boolean>;
  places: Pick<DeclarationPlaces, 'placeOf'>;
  /** Whether the declarative file says what this person's password is. */
  isPasswordDeclared(username: string): boolean;
  revocations: Pick<Revocations, 'isRevoked'>;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  throttle: SignInThrottle;
  /** Each form is on record. */
  budget: AccountBudget;
  tell: TellPerson;
};
