/**
 * The authentication room. It owns what a person can prove besides a password (passkeys, authenticator apps,
 * recovery codes, trusted browsers), what proofs are worth together, and what a sign-in still needs. Passwords are users/, pages are
 * interactions/, and what tokens say of a sign-in is oidc/.
 */
import type { ChangeSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/room.ts';
import type { Store } from '../storage/store.ts';
import { createAuthenticators } from './authenticators.ts';
import { createPasswordRemoval } from './last_way_in.ts';
import { createSignInProgresses } from './progress.ts';
import { createRecoveryCodes } from './recovery_codes.ts';
import { createSecondFactors } from './second_factors.ts';
import { createTotps } from './totp.ts';
import { createTrustedBrowsers } from './trusted_browsers.ts';

export type { Authenticators } from './authenticators.ts';
export { mayLackPassword, type PasswordOwner } from './last_way_in.ts';
export {
  createLostFactors,
  type LostFactors,
  type LostFactorsNotice,
  type SetupLink,
} from './lost_factors.ts';
export { type NextStep, nextStep, type Requirement, targetLevel } from './next_step.ts';
export { mayMakeFirst } from './passkeys/first_passkey.ts';
export { createPasskeys, type Passkeys, type TellOfPasskey } from './passkeys/passkeys.ts';
export { serveRelatedOrigins } from './passkeys/related_origins_routes.ts';
export { createPasswordMin, type PasswordMin } from './password_min.ts';
export type { SignInProgress } from './progress.ts';
export {
  type AuthenticationContext,
  type Proof,
  proofsBehind,
  tookSeveralFactors,
} from './proofs.ts';
export { type Asked, createRequirements, type Requirements } from './requirements.ts';
export { hasSecondFactor } from './second_factors.ts';
export type { TrustedBrowser } from './trusted_browsers.ts';

export type Authentication = ReturnType<typeof createAuthentication>;

/** `trustedBrowserLifetime`: seconds. */
export function createAuthentication({
  store,
  secrets,
  audit,
  clock,
  trustedBrowserLifetime,
}: {
  store: Pick<Store, 'authenticators' | 'artifacts'>;
  secrets: Pick<Secrets, 'seal' | 'open' | 'sealedByFirst'>;
  audit: ChangeSink;
  clock: Clock;
  trustedBrowserLifetime: number;
}) {
  const { artifacts } = store;
  const authenticators = createAuthenticators({ store: store.authenticators, audit, clock });
  const trustedBrowsers = createTrustedBrowsers({
    ...{ artifacts, clock, lifetime: trustedBrowserLifetime },
  });
  return {
    authenticators,
    totps: createTotps({ authenticators, secrets, clock }),
    recoveryCodes: createRecoveryCodes({ authenticators, clock }),
    trustedBrowsers,
    secondFactors: createSecondFactors({ authenticators, trustedBrowsers }),
    passwordRemoval: createPasswordRemoval({ authenticators }),
    progresses: createSignInProgresses({ artifacts, clock }),
  };
}
