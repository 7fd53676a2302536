/**
 * What stands around the library at each endpoint, the outermost first: what was spent is settled whatever happens
 * further in, and what may hold an answer up is outside of what records it.
 */
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type { Handler } from '../../http/answer.ts';
import { encodeBasicOf } from '../clients/unencoded_basic.ts';
import type { ProviderHost } from '../engine/provider_host.ts';
import { tellPollInterval } from './device_responses.ts';
import type { LivingSignatures } from './living_signatures.ts';
import type { Outcomes } from './outcomes.ts';
import { keepLogoutQuery, keepRedirectQuery } from './redirect_queries.ts';
import { showPublicMetadata } from './registration_responses.ts';
import { tellMore } from './told.ts';
import type { WellKnown } from './well_known.ts';

/** Answered without the library's routes (programs/). */
export type ProgramEndpoints = {
  token: Handler;
  introspection: Handler;
  revocation: Handler;
};

export type OidcRoutes = WellKnown & {
  programs: ProgramEndpoints;
  authorization: Middleware;
  resume: Middleware;
  pushedAuthorizationRequest: Middleware;
  userinfo: Middleware;
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
  programs,
  settle,
  signatures: { begin },
  outcomes,
  renderForms,
  restore,
  openFrames,
  registrationEnabled,
}: {
  host: ProviderHost;
  wellKnown: WellKnown;
  programs: ProgramEndpoints;
  settle: Middleware;
  signatures: Pick<LivingSignatures, 'begin'>;
  outcomes: Outcomes;
  renderForms: Middleware;
  /** Of requests that are begun again. */
  restore: Middleware;
  /** Of apps that are told of a sign-out through the browser. */
  openFrames: Middleware;
  registrationEnabled: boolean;
}): OidcRoutes {
  const { ofRequest } = outcomes;
  const around = (...steps: Middleware[]): Middleware =>
    compose([...steps, host.middleware]) as Middleware;
  const authorize = (...steps: Middleware[]) =>
    around(...steps, settle, begin, ofRequest, keepRedirectQuery, renderForms);
  const ofClient = (...steps: Middleware[]) =>
    around(settle, ofRequest, ...steps, encodeBasicOf(host.current));
  const signOut = () =>
    around(settle, begin, outcomes.ofSignOut, openFrames, keepLogoutQuery, renderForms);
  const page = () => around(settle, ofRequest, renderForms);

  return {
    ...wellKnown,
    programs,
    authorization: authorize(restore),
    resume: authorize(),
    pushedAuthorizationRequest: ofClient(tellMore),
    userinfo: around(settle, begin, ofRequest),
    deviceAuthorization: ofClient(tellPollInterval),
    device: page(),
    deviceResume: page(),
    logout: signOut(),
    logoutConfirm: signOut(),
    logoutSuccess: page(),
    registration: registrationEnabled
      ? {
          register: around(settle, outcomes.ofRequest, showPublicMetadata),
          read: around(settle, ofRequest, showPublicMetadata),
          update: around(settle, outcomes.ofRequest, showPublicMetadata),
          remove: around(settle, outcomes.ofRequest),
        }
      : undefined,
  };
}
