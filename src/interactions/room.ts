/**
 * Sign-in and consent put together (routes.ts says what the room owns): its steps, and what they need to be safe.
 */
import type { ApiRegistry } from '../apis/room.ts';
import type { AuditSink, RepeatableSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import type { BrowserBinding, Provider, Restarts } from '../oidc/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { type AccountBudget, createSignInThrottle } from '../rate_limits/room.ts';
import type { PersonScopes } from '../scopes/room.ts';
import type { Secrets } from '../secrets/room.ts';
import type { Store } from '../storage/store.ts';
import type { Revocations } from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import { createAccountStep } from './account_step.ts';
import { createAntiForgery } from './anti_forgery.ts';
import { createConsentStep } from './consent_step.ts';
import { createDeviceCookie } from './device_cookie.ts';
import { createRefusedSignIns } from './refused_sign_in.ts';
import { createInteractionRoutes, type InteractionRoutes } from './routes.ts';
import { createSignInStep } from './sign_in_step.ts';

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
  revocations,
  audit,
  renderer,
  binding,
  restarts,
  consents,
  clock,
}: {
  provider: () => Provider;
  issuer: string;
  basePath: string;
  policy: Declaration['sign_in'];
  store: Pick<Store, 'counters'>;
  secrets: Pick<Secrets, 'deriveAll'>;
  apis: ApiRegistry;
  scopes: PersonScopes;
  users: Users;
  revocations: Revocations;
  audit: AuditSink & RepeatableSink;
  renderer: PageRenderer;
  binding: Pick<BrowserBinding, 'began'>;
  restarts: Pick<Restarts, 'ofInteraction'>;
  consents: AccountBudget;
  clock: Clock;
}): { routes: InteractionRoutes } {
  const { origin, protocol } = new URL(issuer);
  const secure = protocol === 'https:';
  const routes = createInteractionRoutes({
    ...{ provider, basePath, binding, restarts },
    antiForgery: createAntiForgery({ keys: secrets.deriveAll('anti-forgery'), origin }),
    signIn: createSignInStep({
      ...{ users, audit, renderer, revocations, clock },
      throttle: createSignInThrottle({
        ...{ counters: store.counters, policy, clock },
        keys: secrets.deriveAll('sign-in throttle'),
      }),
      deviceCookie: createDeviceCookie({ secure, basePath }),
      refusedSignIns: createRefusedSignIns({ secure }),
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
    account: createAccountStep({ users, renderer }),
  });
  return { routes };
}
