/**
 * The recovery room: how people get back into an account whose password they have lost. It owns who may set a new one and
 * what has to be proven for it. One-time links, mails and passwords are rooms of their own.
 */
import type { Authentication } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import { createBackgroundMails, type Mail } from '../mail/room.ts';
import { createProofPages } from '../mail_proofs/room.ts';
import type { OneTimeLinks } from '../one_time_links/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { NetworkBudget, SignInThrottle } from '../rate_limits/room.ts';
import type { Users } from '../users/room.ts';
import { createRecovery } from './recovery.ts';
import { createRecoveryRoutes, type RecoveryRoutes } from './routes.ts';

export type { RecoveryRoutes } from './routes.ts';

export type RecoveryRoom = {
  routes: RecoveryRoutes;
  /** Resolves when the mails that were begun are kept. */
  close(): Promise<void>;
};

export function createRecoveryRoom({
  issuer,
  basePath,
  budget,
  renderer,
  homePath,
  mail,
  log,
  ...dependencies
}: {
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  users: Users;
  authentication: Authentication;
  links: OneTimeLinks;
  mail: Mail;
  throttle: SignInThrottle;
  /** How often one network may ask. */
  budget: NetworkBudget;
  isPasswordDeclared: (username: string) => boolean;
  renderer: PageRenderer;
  /** Where whoever came without an app goes on. */
  homePath: string;
  log: { error(fields: object, message: string): void };
  clock: Clock;
}): RecoveryRoom {
  const mails = createBackgroundMails({ mail, log });
  const recovery = createRecovery({ issuer, mails, ...dependencies });
  const pages = createProofPages({
    ...{ cookie: 'cardea_recovery', renderer, issuer, basePath, homePath },
  });
  return {
    routes: createRecoveryRoutes({ recovery, pages, budget, renderer, basePath }),
    close: () => mails.settled(),
  };
}
