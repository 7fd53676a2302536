/**
 * The registration room: how people make accounts by themselves. It owns who may, what has to be proven before there is an
 * account, and what it costs to ask. One-time links, mails, passwords and the making of a user are rooms of their own.
 */
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { createRegistrableAddresses, type Invitations } from '../invitations/room.ts';
import { createBackgroundMails, type Mail } from '../mail/room.ts';
import { createProofPages } from '../mail_proofs/room.ts';
import type { OneTimeLinks } from '../one_time_links/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { NetworkBudget } from '../rate_limits/room.ts';
import type { Secrets } from '../secrets/room.ts';
import type { RegistrationStep } from '../telemetry/metrics.ts';
import type { Users } from '../users/room.ts';
import { createProofOfWork } from './proof_of_work.ts';
import { createRegistration } from './registration.ts';
import { createRegistrationRoutes, type RegistrationRoutes } from './routes.ts';

export type { RegistrationRoutes } from './routes.ts';

export type RegistrationRoom = {
  routes: RegistrationRoutes;
  /** Resolves when the mails that were begun are kept. */
  close(): Promise<void>;
};

export function createRegistrationRoom({
  issuer,
  basePath,
  mail,
  log,
  secrets,
  budgets,
  policy,
  renderer,
  homePath,
  count,
  clock,
  ...dependencies
}: {
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  users: Users;
  links: OneTimeLinks;
  mail: Mail;
  secrets: Pick<Secrets, 'deriveAll'>;
  /** How often one network may ask, and how often of that without a proof of work. */
  budgets: { all: NetworkBudget; unsolved: NetworkBudget };
  invitations: Invitations;
  policy: Pick<Declaration['registration'], 'mode' | 'domains'>;
  renderer: PageRenderer;
  /** Where whoever came without an app goes on. */
  homePath: string;
  /** For people who have an account; undefined: the server has no page for them. */
  signInUrl: string | undefined;
  count: (step: RegistrationStep) => void;
  log: { error(fields: object, message: string): void };
  clock: Clock;
}): RegistrationRoom {
  const mails = createBackgroundMails({ mail, log });
  const isOpen = policy.mode === 'open';
  const { addressFor } = createRegistrableAddresses(policy.domains);
  const registration = createRegistration({
    ...{ issuer, mails, clock, addressFor, isOpen, ...dependencies },
  });
  const work = createProofOfWork({ secrets, clock });
  const pages = createProofPages({
    ...{ cookie: 'cardea_sign_up', renderer, issuer, basePath, homePath },
  });
  const recoveryPath = `${basePath}/recovery`;
  return {
    routes: createRegistrationRoutes({
      ...{ registration, work, pages, budgets, renderer, basePath, homePath },
      ...{ recoveryPath, isOpen, count, domains: policy.domains },
      signInPath: dependencies.signInUrl === undefined ? undefined : homePath,
    }),
    close: () => mails.settled(),
  };
}
