/**
 * What stands around the library at each endpoint, the outermost first: what was spent is settled whatever happens
 * further in, and what may hold an answer up is outside of what records it.
 */
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type { ProviderHost } from '../engine/provider_host.ts';
import type { LivingSignatures } from './living_signatures.ts';
import type { Outcomes } from './outcomes.ts';
import { keepLogoutQuery, keepRedirectQuery } from './redirect_queries.ts';
import type { Responses } from './responses.ts';
import type { WellKnown } from './well_known.ts';

export type OidcRoutes = WellKnown & {
  authorization: Middleware;
  resume: Middleware;
  pushedAuthorizationRequest: Middleware;
  token: Middleware;
  userinfo: Middleware;
  introspection: Middleware;
  revocation: Middleware;
  deviceAuthorization: Middleware;
  /** Where people type the code of a device. */
  device: Middleware;
  deviceResume: Middleware;
  logout: Middleware;
  logoutConfirm: Middleware;
  logoutSuccess: Middleware;
  /** Undefined: clients cannot register themselves. */
  registration: RegistrationRoutes | undefined;
};

type RegistrationRoutes = {
  register: Middleware;
  read: Middleware;
  update: Middleware;
  remove: Middleware;
};

export function createEndpoints({
  host,
  wellKnown,
  exchangeApiKey,
  settle,
  signatures: { begin, signAlive },
  outcomes,
  responses,
  renderForms,
  registrationEnabled,
}: {
  host: ProviderHost;
  wellKnown: WellKnown;
  exchangeApiKey: Middleware;
  settle: Middleware;
  signatures: LivingSignatures;
  outcomes: Outcomes;
  responses: Responses;
  renderForms: Middleware;
  registrationEnabled: boolean;
}): OidcRoutes {
  const { ofRequest } = outcomes;
  const around = (...steps: Middleware[]): Middleware =>
    compose([...steps, host.middleware]) as Middleware;
  const authorize = () => around(settle, begin, ofRequest, keepRedirectQuery, renderForms);
  const page = () => around(settle, ofRequest, renderForms);

  return {
    ...wellKnown,
    authorization: authorize(),
    resume: authorize(),
    pushedAuthorizationRequest: around(settle, ofRequest),
    token: around(exchangeApiKey, settle, signAlive, outcomes.ofToken),
    userinfo: around(settle, begin, ofRequest),
    introspection: around(settle, begin, ofRequest, responses.introspection),
    revocation: around(settle, begin, ofRequest, responses.revocation),
    deviceAuthorization: around(settle, ofRequest),
    device: page(),
    deviceResume: page(),
    logout: around(settle, begin, ofRequest, renderForms),
    logoutConfirm: around(settle, begin, outcomes.ofSignOut, keepLogoutQuery, renderForms),
    logoutSuccess: page(),
    registration: registrationEnabled
      ? {
          register: around(settle, outcomes.ofRegistration, responses.registration),
          read: around(settle, ofRequest, responses.registration),
          update: around(settle, outcomes.ofClientUpdate, responses.registration),
          remove: around(settle, outcomes.ofClientDeletion),
        }
      : undefined,
  };
}
