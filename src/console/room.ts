/**
 * The console: what operators see of the server in a browser, and change there. It owns pages, sessions and signing in;
 * what is read and changed is the admin API's, which each page calls in process, so that permission, validation,
 * preconditions and audit are the same whoever asks. It has no other access to anything.
 *
 * A page is a ConsolePage (page.ts), made by a builder of parts/ and listed in pages.ts; routes and navigation follow from
 * that table:
 *
 * - listPage: an operation that lists, with its columns, filters (members of the operation's query) and empty state.
 * - objectPage: an operation that reads one object, with facts, actions and sections.
 * - formPage: an operation that creates, or changes what another one reads, with its fields. What was typed stays, errors
 *   stand by their fields, a stale version shows both values, and a repeated form creates once.
 * - confirmPage: an operation that breaks something, with its consequences and what has to be typed.
 *
 * The builders cover what pages have in common. A page that has its own look brings a template of views/console.
 */
import type { AdminRoom } from '../admin/room.ts';
import type { Clock } from '../clock.ts';
import { adminApi } from '../definitions/admin_scopes.ts';
import type { Guide } from '../guide/room.ts';
import type { Handler } from '../http/answer.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import type { ProviderTests } from '../identity_providers/room.ts';
import type { InspectorPages } from '../inspection/room.ts';
import type { KnownOperators } from '../operators/room.ts';
import { createOwnPages, type SignInRoutes } from '../own_pages/room.ts';
import type { ConsoleViews } from '../pages/console_views.ts';
import type { PreviewLook } from '../pages/look_preview.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { Secrets } from '../secrets/room.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { AccessTokenReader, ArePrincipalsActive, Revocations } from '../tokens/room.ts';
import { consoleSite } from './console_client.ts';
import type { FindPerson } from './frame.ts';
import type { AbsentSections } from './navigation.ts';
import { createPageServer, type ServePage } from './routes.ts';
import { createTell } from './sign_in_outcomes.ts';
import { createFramed } from './tools/framed.ts';

export { consoleClient } from './console_client.ts';
export { consolePages } from './pages.ts';

export type ConsoleRoutes = SignInRoutes & { serve: ServePage };

export function createConsoleRoom({
  issuer,
  basePath,
  secrets,
  artifacts,
  revocations,
  arePrincipalsActive,
  accessTokens,
  tokenEndpoint,
  admin: { invoke, permit },
  findOperator,
  findPerson,
  catchUp,
  inspector,
  providerTests,
  providerCookie,
  guide,
  renderer,
  previewLook,
  views,
  hasMail,
  hasInvitations,
  clock,
}: {
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  secrets: Secrets;
  artifacts: ArtifactStore;
  revocations: Pick<Revocations, 'isRevoked'>;
  arePrincipalsActive: ArePrincipalsActive;
  accessTokens: Pick<AccessTokenReader, 'read'>;
  /** The server's own. */
  tokenEndpoint: Handler;
  admin: Pick<AdminRoom, 'invoke' | 'permit'>;
  findOperator: KnownOperators['find'];
  findPerson: FindPerson;
  catchUp: () => Promise<number>;
  inspector: InspectorPages;
  providerTests: ProviderTests;
  /** Names the browser that began a sign-in at a provider. */
  providerCookie: BrowserCookie;
  guide: Guide;
  renderer: PageRenderer;
  previewLook: PreviewLook;
  views: ConsoleViews;
  /** Whether mails are sent, or kept to be shown. */
  hasMail: boolean;
  /** Whether people can be invited to make an account. */
  hasInvitations: boolean;
  clock: Clock;
}): { routes: ConsoleRoutes } {
  const pages = createOwnPages({
    ...{ site: consoleSite, issuer, basePath, api: adminApi },
    ...{ secrets, artifacts, revocations, arePrincipalsActive, tokenEndpoint, catchUp, clock },
    async readToken(token) {
      const { claims, accountId, links } = (await accessTokens.read(token)) ?? {};
      if (!claims || !links || ![claims.aud].flat().includes(adminApi)) return undefined;
      return { clientId: claims.client_id, accountId, links };
    },
    tell: createTell({ basePath, views }),
  });
  const absent: AbsentSections = new Set([
    ...(hasMail ? [] : (['mails'] as const)),
    ...(hasInvitations ? [] : (['invitations'] as const)),
  ]);
  const serve = createPageServer({
    ...{ issuer, basePath, pages, clock, views, findOperator, findPerson, permit, invoke },
    ...{ providerTests, providerCookie, previewLook, absent },
    showFramed: createFramed({ basePath, inspector, guide, renderer }),
  });
  return { routes: { ...pages.routes, serve } };
}
