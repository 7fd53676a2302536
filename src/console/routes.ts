/**
 * The frame of every page of the console: session, form token, permission and a fresh sign-in before the page is asked,
 * navigation and messages around what it answers.
 */
import type { Context, Middleware } from 'koa';
import { type AdminCaller, type Invoke, mayCall, type Permit } from '../admin/room.ts';
import type { Clock } from '../clock.ts';
import { adminScopeNames } from '../definitions/admin_scopes.ts';
import { sha256 } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { requestState } from '../http/request_state.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import { begunLifetimeMs, type ProviderTests } from '../identity_providers/room.ts';
import { ownAddress } from '../net/client_address.ts';
import { type KnownOperators, userCaller } from '../operators/room.ts';
import type { OwnPages, Visit } from '../own_pages/room.ts';
import type { ConsoleViews } from '../pages/console_views.ts';
import type { PreviewLook } from '../pages/look_preview.ts';
import { type FindPerson, type Frame, frameFor, linksBelow, placesFor } from './frame.ts';
import type { AbsentSections } from './navigation.ts';
import type { Call, ConsolePage, ConsoleRequest } from './page.ts';
import type { ShowFramed } from './tools/framed.ts';

/** Undefined: this server has no such page. */
export type ServePage = (page: ConsolePage) => Middleware | undefined;

export function createPageServer({
  issuer,
  basePath,
  pages: { openVisit, flashes },
  findOperator,
  findPerson,
  permit,
  invoke,
  showFramed,
  providerTests,
  providerCookie,
  previewLook,
  views,
  absent,
  clock,
}: {
  issuer: string;
  basePath: string;
  pages: Pick<OwnPages, 'openVisit' | 'flashes'>;
  findOperator: KnownOperators['find'];
  findPerson: FindPerson;
  permit: Permit;
  invoke: Invoke;
  showFramed: ShowFramed;
  providerTests: ProviderTests;
  /** Names the browser that began a sign-in at a provider. */
  providerCookie: BrowserCookie;
  previewLook: PreviewLook;
  views: ConsoleViews;
  absent: AbsentSections;
  clock: Clock;
}): ServePage {
  const link = linksBelow(basePath);

  const callerOf = async (
    ctx: Context,
    { session, asOf }: Pick<Visit, 'session' | 'asOf'>,
  ): Promise<AdminCaller> => {
    const { address, requestId } = requestState(ctx);
    const { accountId: userId, authenticatedAt: authTime } = session;
    const grant = await findOperator(userId, asOf);
    const caller = userCaller({ userId, scopes: adminScopeNames, grant, authTime });
    return { ...caller, ip: ownAddress(address), requestId };
  };

  const testsOf = (ctx: Context, session: Visit['session']) => {
    const tester = { userId: session.accountId, session: sha256(session.id) };
    const from = { ip: requestState(ctx).address.ip, browser: providerCookie.read(ctx) };
    return {
      begin: (id: string) => providerTests.begin(id, tester, from),
      find: (id: string) => providerTests.find(id, tester),
    };
  };

  const render = (
    ctx: Context,
    frame: Frame,
    status: number,
    view: Parameters<ConsoleViews['render']>[0],
  ) => {
    ctx.status = status;
    ctx.type = 'html';
    ctx.body = views.render(view, frame);
    keepFormsHere(ctx);
  };

  /** What a page cannot be: told in the frame, so that the person finds on. */
  const showError = (ctx: Context, frame: Frame, error: unknown) => {
    if (!(error instanceof CardeaError) || error.status >= 500) throw error;
    const { code, status, message } = error;
    requestState(ctx).logFields.error = code;
    const title =
      status === 403 ? 'You may not do this' : status === 404 ? 'Not found' : 'This did not work';
    const data = { text: message, code, status, requestId: requestState(ctx).requestId };
    render(ctx, frame, status, { title, template: 'message', data });
  };

  const serve = (page: ConsolePage) => async (context: object) => {
    const ctx = context as Context;
    const visit = await openVisit(ctx, {
      ...{ keepForm: true, hasFiles: page.uploadLimit !== undefined },
    });
    if (!visit) return;
    const { session, formToken, query, params } = visit;
    const caller = await callerOf(ctx, visit);
    requestState(ctx).logFields.actor = `user:${caller.id}`;
    const person = await findPerson(session.accountId);
    const frame = (isTaken = true) =>
      frameFor({
        ...{ page, caller, person, basePath, absent, formToken },
        flash: isTaken ? flashes.take(ctx, session.id) : undefined,
      });
    if (caller.role === undefined) {
      const data = { username: person?.username ?? caller.id };
      return render(ctx, frame(), 403, { title: 'No role here', template: 'no_role', data });
    }
    try {
      if (page.operation) await permit(page.operation, caller);
      const isSensitive = page.method === 'POST' && page.operation?.sensitive;
      if (isSensitive && !visit.isFresh) return await visit.signInAgain();
      const kept = await visit.findDraft();
      const request: ConsoleRequest = {
        ...{ params, query, caller, issuer, now: clock.now(), places: placesFor(caller, absent) },
        ...{ previewLook, link, providerTest: testsOf(ctx, session) },
        form: kept ?? visit.form,
        isReturning: kept !== undefined,
        call: ((operation, sent = {}) => invoke(operation, sent, caller)) as Call,
        may: (operation) => mayCall(operation, caller),
      };
      const answer = await page.handle(request);
      if ('view' in answer) return render(ctx, frame(), answer.status ?? 200, answer.view);
      if ('file' in answer) {
        ctx.status = 200;
        ctx.type = answer.file.type;
        ctx.body = answer.file.body;
        return;
      }
      if ('framed' in answer) {
        return await showFramed(ctx, answer.framed, { frame: frame(), caller });
      }
      if ('leave' in answer) {
        const { url, browser, provider } = answer.leave;
        providerCookie.write(ctx, browser, begunLifetimeMs / 1000);
        // Not a redirect: a form of these pages ends on our own origin.
        ctx.set('Refresh', `0;url=${url}`);
        const title = `On to ${provider}`;
        return render(ctx, frame(), 200, { title, template: 'leaving', data: { url, provider } });
      }
      if (answer.flash) flashes.set(ctx, session.id, answer.flash);
      ctx.status = 303;
      ctx.redirect(link(answer.to));
    } catch (error) {
      showError(ctx, frame(false), error);
    }
  };
  return (page) => (absent.has(page.section) ? undefined : serve(page));
}
