/**
 * Sign-in and consent put together (routes.ts says what the room owns): its steps, and what they need to be safe.
 */
import type { ApiRegistry } from '../apis/room.ts';
import type { AuditSink, RepeatableSink } from '../audit/room.ts';
import { type Authentication, createRequirements, type Passkeys } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { type BrowserCookie, createBrowserCookie } from '../http/browser_cookie.ts';
import type { IdentityProviders, TellOfIdentity } from '../identity_providers/room.ts';
import {
  type BrowserAccounts,
  type BrowserBinding,
  findSessionSignIn,
  type Provider,
  type Restarts,
} from '../oidc/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import {
  type AccountBudget,
  createDeviceTokens,
  type SignInThrottle,
} from '../rate_limits/room.ts';
import type { PersonScopes } from '../scopes/room.ts';
import type { Secrets } from '../secrets/room.ts';
import type { Store } from '../storage/store.ts';
import type { Revocations } from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import { createAccountStep } from './account_step.ts';
import { createSignInCourse } from './advance.ts';
import { createAntiForgery } from './anti_forgery.ts';
import { createBegunSignIns } from './begun_sign_ins.ts';
import { createConsentStep } from './consent_step.ts';
import { createCountedAttempts } from './counted_attempts.ts';
import { createKnownBrowsers, type TellOfSignIn } from './known_browsers.ts';
import { createLastWay } from './last_way.ts';
import { createPasskeyPages } from './passkey_pages.ts';
import { createPasskeyStep } from './passkey_step.ts';
import { createPendingLinks } from './providers/pending_links.ts';
import { createProviderStep } from './providers/provider_step.ts';
import { createRefusedSignIns } from './refused_sign_in.ts';
import { createInteractionRoutes, type InteractionRoutes } from './routes.ts';
import { createSecondStep } from './second_step.ts';
import { createSignInStep } from './sign_in_step.ts';
import { createSignUpPaths } from './sign_up_path.ts';
import { createStepPages } from './step_pages.ts';

export type { TellOfSignIn } from './known_browsers.ts';
export type { InteractionRoutes } from './routes.ts';

export function createInteractionsRoom({
  provider,
  issuer,
  basePath,
  policy,
  store,
  secrets,
  apis,
  scopes,
  users,
  authentication,
  passkeys,
  identityProviders,
  tellOfIdentity,
  providerCookie,
  revocations,
  audit,
  renderer,
  binding,
  accounts,
  restarts,
  throttle,
  consents,
  hasRecovery,
  hasRegistration,
  tellOfSignIn,
  log,
  clock,
}: {
  provider: () => Provider;
  issuer: string;
  basePath: string;
  policy: Declaration['sign_in'];
  store: Pick<Store, 'artifacts'>;
  secrets: Pick<Secrets, 'deriveAll'>;
  apis: ApiRegistry;
  scopes: PersonScopes;
  users: Users;
  authentication: Authentication;
  passkeys: Passkeys;
  identityProviders: IdentityProviders;
  tellOfIdentity: TellOfIdentity;
  /** Names the browser that began a sign-in at a provider. */
  providerCookie: BrowserCookie;
  revocations: Revocations;
  audit: AuditSink & RepeatableSink;
  renderer: PageRenderer;
  binding: Pick<BrowserBinding, 'began'>;
  accounts: BrowserAccounts;
  restarts: Pick<Restarts, 'ofInteraction'>;
  throttle: SignInThrottle;
  consents: AccountBudget;
  /** Whether people can get a new password by mail. */
  hasRecovery: boolean;
  /** Whether people can make accounts by themselves. */
  hasRegistration: boolean;
  /** Undefined: nobody is told of sign-ins. */
  tellOfSignIn: TellOfSignIn | undefined;
  log: { warn(fields: object, message: string): void };
  clock: Clock;
}): { routes: InteractionRoutes; close(): Promise<void> } {
  const { origin, protocol } = new URL(issuer);
  const secure = protocol === 'https:';
  const offersToStay = policy.sessions.stay_signed_in > 0;
  const refusedSignIns = createRefusedSignIns({ secure });
  const trustCookie = createBrowserCookie({ name: 'cardea_trusted', secure, basePath });
  const [firstKey, ...olderKeys] = secrets.deriveAll('known browsers');
  if (!firstKey) throw new Error('known browsers need a key');
  const knownBrowsers =
    tellOfSignIn &&
    createKnownBrowsers({
      ...{ authenticators: authentication.authenticators, tell: tellOfSignIn, log, clock },
      cookie: createBrowserCookie({ name: 'cardea_known', secure, basePath }),
      devices: createDeviceTokens({ keys: [firstKey, ...olderKeys], clock }),
    });
  const lastWay = createLastWay({
    cookie: createBrowserCookie({ name: 'cardea_last_way', secure, basePath }),
  });
  const course = createSignInCourse({
    ...{ authentication, passkeys, trustCookie, lastWay, knownBrowsers, apis, users, audit, clock },
    requirements: createRequirements({ policy }),
    pendingLinks: createPendingLinks({ providers: identityProviders, tell: tellOfIdentity }),
  });
  const begun = createBegunSignIns({
    ...{ progresses: authentication.progresses, course },
    findSession: (uid) => findSessionSignIn(store.artifacts, uid, clock.now()),
  });
  const attempts = createCountedAttempts({
    ...{ throttle, refusedSignIns, knownBrowsers, audit, clock },
  });
  const pages = createStepPages({ renderer, refusedSignIns, clock });
  const passkeyPages = createPasskeyPages({
    ...{ passkeys, authenticators: authentication.authenticators, pages, renderer },
  });
  const providerStep = createProviderStep({
    ...{ providers: identityProviders, cookie: providerCookie, advance: course.advance },
    ...{ refusedSignIns, offersToStay, renderer, audit },
  });
  const routes = createInteractionRoutes({
    ...{ provider, basePath, binding, accounts, restarts, providerStep },
    signUpPathFor: createSignUpPaths({
      ...{ restarts, path: hasRegistration ? `${basePath}/sign-up` : undefined },
    }),
    antiForgery: createAntiForgery({ keys: secrets.deriveAll('anti-forgery'), origin }),
    signIn: createSignInStep({
      ...{ users, audit, renderer, revocations, clock, throttle, refusedSignIns },
      ...{ advance: course.advance, progresses: authentication.progresses },
      ...{ passkeyForm: passkeyPages.signInForm, providerStep, rpId: passkeys.rpId },
      ...{ offersToStay, lastWay },
      deviceCookie: createBrowserCookie({ name: 'cardea_device', secure, basePath }),
      recoveryPath: hasRecovery ? `${basePath}/recovery` : undefined,
    }),
    secondStep: createSecondStep({
      ...{ authentication, passkeys, course, begun, attempts, pages, passkeyPages },
      ...{ audit, trustCookie, renderer, clock, issuer: new URL(issuer).host },
    }),
    passkeyStep: createPasskeyStep({
      ...{ passkeys, course, begun, attempts },
      ...{ refusedSignIns, users, revocations, offersToStay, clock },
    }),
    consent: createConsentStep({
      provider,
      apis,
      scopes,
      users,
      audit,
      renderer,
      budget: consents,
    }),
    account: createAccountStep({ users, accounts, renderer }),
  });
  return { routes, close: async () => knownBrowsers?.settled() };
}
