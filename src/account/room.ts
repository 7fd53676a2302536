/**
 * The account pages: what people see of their own account in a browser, and change there: their profile, ways to sign in,
 * sessions, apps with access, API keys, recent events, language, data, and the end of it all. It owns these pages; being
 * signed in to them is own_pages/, and what a change does is the service's whose record it is.
 *
 * - A page is an AccountPage (page.ts), listed in pages.ts; routes and guards follow from that table. It gets its person
 *   from the session, and finds nothing of anybody else.
 * - A way to sign in is an entry of ways/ways.ts.
 * - What happened is told in the words of views/texts/account by the type of the audit event; types without words are
 *   not shown.
 */
import type { Context, Middleware } from 'koa';
import type { Clock } from '../clock.ts';
import type { Handler } from '../http/answer.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import { createOwnPages, type SignInRoutes, type Tell } from '../own_pages/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { fill, pageTexts } from '../pages/texts.ts';
import type { Secrets } from '../secrets/room.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { ArePrincipalsActive, OpaqueToken } from '../tokens/room.ts';
import { accountSite } from './account_client.ts';
import { createEmailLinkRoutes, type EmailLinkRoutes } from './email/link_routes.ts';
import { createPageServer, type ServePage } from './routes.ts';
import type { AccountServices } from './services.ts';
import { createSetupLinkRoutes, type SetupLinkRoutes } from './setup_links/routes.ts';
import { passkeysPath } from './ways/passkeys/own_passkeys.ts';

export { accountClient } from './account_client.ts';
export { createDueDeletions } from './due_deletions.ts';
export { createEmailChanges } from './email/email_changes.ts';
export type { TellPerson } from './notices.ts';
export { accountPages } from './pages.ts';
export { deviceNamed } from './sessions/devices.ts';

export type AccountRoutes = SignInRoutes & {
  serve: ServePage;
  setupLink: SetupLinkRoutes;
  /** Undefined where no mail can be sent. */
  emailLinks: EmailLinkRoutes | undefined;
  /** https://w3c.github.io/webappsec-change-password-url/ */
  changePassword: Middleware;
  /** https://w3c.github.io/webappsec-passkey-endpoints/passkey-endpoints.html; undefined where there are no passkeys. */
  passkeyEndpoints: Middleware | undefined;
};

export function createAccountRoom({
  issuer,
  basePath,
  secrets,
  artifacts,
  services,
  arePrincipalsActive,
  readOpaque,
  tokenEndpoint,
  catchUp,
  renderer,
  brand,
  clock,
}: {
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  secrets: Secrets;
  artifacts: ArtifactStore;
  services: AccountServices;
  arePrincipalsActive: ArePrincipalsActive;
  readOpaque: (token: string) => Promise<OpaqueToken | undefined>;
  /** The server's own. */
  tokenEndpoint: Handler;
  catchUp: () => Promise<number>;
  renderer: PageRenderer;
  /** The operator's name, as pages have it now. */
  brand: () => string;
  clock: Clock;
}): { routes: AccountRoutes } {
  const tell: Tell = (ctx, outcome) => {
    const { outcomes } = pageTexts[renderer.locale(ctx)].account;
    const isFailed = outcome !== 'signed_out';
    const title = isFailed ? outcomes.title : outcomes.signed_out_title;
    const text = fill(outcomes[outcome], { issuer: brand() });
    ctx.status = isFailed ? 400 : 200;
    const signInPath = `${basePath}${accountSite.path}`;
    renderer.render(ctx, 'account/outcome', { title, text, isFailed, signInPath });
    keepFormsHere(ctx);
  };
  const pages = createOwnPages({
    ...{ site: accountSite, issuer, basePath, secrets, artifacts, arePrincipalsActive },
    ...{ revocations: services.revocations, readToken: readOpaque, tokenEndpoint, catchUp },
    ...{ tell, clock },
  });
  return {
    routes: {
      ...pages.routes,
      serve: createPageServer({ basePath, pages, services, renderer, brand, clock }),
      setupLink: createSetupLinkRoutes({ issuer, basePath, services, secrets, renderer, clock }),
      emailLinks:
        services.emailChanges &&
        createEmailLinkRoutes({
          ...{ issuer, basePath, renderer, clock, emailChanges: services.emailChanges },
        }),
      passkeyEndpoints: services.passkeys.isPossible
        ? servePasskeyEndpoints(`${issuer.replace(/\/$/, '')}${accountSite.path}`)
        : undefined,
      async changePassword(context) {
        const ctx = context as Context;
        ctx.status = 303;
        ctx.redirect(`${basePath}${accountSite.path}/password`);
      },
    },
  };
}

/** Where password managers send people to add and look after passkeys. */
function servePasskeyEndpoints(account: string): Middleware {
  const body = JSON.stringify({
    enroll: `${account}${passkeysPath}/new`,
    manage: `${account}/ways`,
  });
  return async function servePasskeyEndpointsDocument(ctx) {
    ctx.status = 200;
    ctx.type = 'application/json';
    ctx.body = body;
  };
}
