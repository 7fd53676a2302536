/**
 * What the sites of Cardea's own pages have in common: the console, and the account pages. Owns that such a site is a
 * client of this server, its sign-in and sign-out, sessions and cookies, and that a form is from its own page and is not
 * lost when its person has to sign in first. What a page shows, and who may do what, is the site's.
 */
import type { Clock } from '../clock.ts';
import type { Handler } from '../http/answer.ts';
import type { Secrets } from '../secrets/room.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { ArePrincipalsActive, Revocations } from '../tokens/room.ts';
import { createBegunSignIns } from './begun_sign_ins.ts';
import { createCodeRedemption, type ReadToken } from './code_redemption.ts';
import { createSiteCookies } from './cookies.ts';
import { createDrafts } from './drafts.ts';
import { createFlashes, type Flashes } from './flashes.ts';
import { createFormGuard } from './form_guard.ts';
import { createSessions } from './sessions.ts';
import {
  createBeginSignIn,
  createSignInRoutes,
  type SignInRoutes,
  type Tell,
} from './sign_in_routes.ts';
import { type Site, siteAddresses, siteSecrets } from './site.ts';
import { createOpenVisit, type OpenVisit } from './visits.ts';

export type { Flash } from './flashes.ts';
export type { Outcome, SignInRoutes, Tell } from './sign_in_routes.ts';
export { type Site, siteClient } from './site.ts';
export type { Visit } from './visits.ts';

export type OwnPages = {
  routes: SignInRoutes;
  openVisit: OpenVisit;
  flashes: Flashes;
};

export function createOwnPages({
  site,
  issuer,
  basePath,
  api,
  secrets,
  artifacts,
  revocations,
  arePrincipalsActive,
  readToken,
  tokenEndpoint,
  catchUp,
  tell,
  clock,
}: {
  site: Site;
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  /** The API that the tokens of its sign-ins are for. */
  api?: string | undefined;
  secrets: Secrets;
  artifacts: ArtifactStore;
  revocations: Pick<Revocations, 'isRevoked'>;
  arePrincipalsActive: ArePrincipalsActive;
  readToken: ReadToken;
  /** The server's own. */
  tokenEndpoint: Handler;
  catchUp: () => Promise<number>;
  tell: Tell;
  clock: Clock;
}): OwnPages {
  const key = secrets.derive(`${site.name} cookies`);
  const cookies = createSiteCookies({ site, issuer, basePath, key });
  const sessions = createSessions({
    ...{ site, api, artifacts, revocations, arePrincipalsActive, secrets, clock },
  });
  const guard = createFormGuard({
    site,
    keys: secrets.deriveAll(`${site.name} forms`),
    origin: new URL(issuer).origin,
  });
  const begun = createBegunSignIns({ site, cookies, secrets, clock });
  const [clientSecret] = siteSecrets(site, secrets);
  const redeem = createCodeRedemption({
    ...{ site, issuer, clientSecret, tokenEndpoint, readToken, clock },
    redirectUri: siteAddresses(issuer, site).redirectUri,
  });
  const beginSignIn = createBeginSignIn({ site, issuer, basePath, begun });
  return {
    routes: createSignInRoutes({
      ...{ site, issuer, basePath, cookies, begun, redeem, sessions, guard, tell },
    }),
    openVisit: createOpenVisit({
      ...{ site, cookies, sessions, guard, beginSignIn, catchUp, clock },
      drafts: createDrafts({ site, artifacts, secrets, clock }),
    }),
    flashes: createFlashes({ site, cookies, secrets }),
  };
}
