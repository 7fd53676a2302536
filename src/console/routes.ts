/**
 * The frame of every page of the console: session, form token, permission and a fresh sign-in before the page is asked,
 * navigation and messages around what it answers.
 */
import type { Context, Middleware } from 'koa';
import { type AdminCaller, type Invoke, mayCall, type Permit } from '../admin/room.ts';
import type { Clock } from '../clock.ts';
import { adminScopeNames } from '../definitions/admin_scopes.ts';
import { CardeaError } from '../errors.ts';
import { readFormWithFiles } from '../http/multipart.ts';
import { readForm } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import { ownAddress } from '../net/client_address.ts';
import { type KnownOperators, userCaller } from '../operators/room.ts';
import type { ConsoleViews } from '../pages/console_views.ts';
import type { PreviewLook } from '../pages/look_preview.ts';
import { consolePath } from './console_client.ts';
import { type FindPerson, type Frame, frameFor, linksBelow, placesFor } from './frame.ts';
import type { AbsentSections } from './navigation.ts';
import { type Call, type ConsolePage, type ConsoleRequest, freshSeconds } from './page.ts';
import type { ConsoleCookies } from './session/cookies.ts';
import type { Drafts } from './session/drafts.ts';
import type { Flashes } from './session/flashes.ts';
import type { FormGuard } from './session/form_guard.ts';
import type { ConsoleSession, Sessions } from './session/sessions.ts';
import type { BeginSignIn } from './sign_in/routes.ts';
import type { ShowFramed } from './tools/framed.ts';

/** Undefined: this server has no such page. */
export type ServePage = (page: ConsolePage) => Middleware | undefined;

const noForm = new URLSearchParams();

export function createPageServer({
  issuer,
  basePath,
  cookies,
  sessions,
  guard,
  drafts,
  flashes,
  beginSignIn,
  findOperator,
  findPerson,
  permit,
  invoke,
  catchUp,
  showFramed,
  previewLook,
  views,
  absent,
  clock,
}: {
  issuer: string;
  basePath: string;
  cookies: ConsoleCookies;
  sessions: Sessions;
  guard: FormGuard;
  drafts: Drafts;
  flashes: Flashes;
  beginSignIn: BeginSignIn;
  findOperator: KnownOperators['find'];
  findPerson: FindPerson;
  permit: Permit;
  invoke: Invoke;
  catchUp: () => Promise<number>;
  showFramed: ShowFramed;
  previewLook: PreviewLook;
  views: ConsoleViews;
  absent: AbsentSections;
  clock: Clock;
}): ServePage {
  const link = linksBelow(basePath);

  const callerOf = async (
    ctx: Context,
    session: ConsoleSession,
    asOf: number,
  ): Promise<AdminCaller> => {
    const { address, requestId } = requestState(ctx);
    const { accountId: userId, authenticatedAt: authTime } = session;
    const grant = await findOperator(userId, asOf);
    const caller = userCaller({ userId, scopes: adminScopeNames, grant, authTime });
    return { ...caller, ip: ownAddress(address), requestId };
  };

  /** Keeps what was sent, and has the person sign in. */
  const signInFirst = async (
    ctx: Context,
    {
      session,
      form,
      isFresh,
    }: { session: ConsoleSession; form: URLSearchParams; isFresh: boolean },
  ) => {
    const path = addressOf(ctx);
    const draft = await drafts.keep({ accountId: session.accountId, path, form });
    beginSignIn(ctx, { returnTo: withDraft(path, draft), isFresh });
  };

  const isStale = ({ authenticatedAt }: ConsoleSession) =>
    clock.now() - authenticatedAt > freshSeconds * 1000;

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
    const isPost = page.method === 'POST';
    const asOf = await catchUp();
    const id = cookies.session(ctx);
    const session = id ? await sessions.find(id, asOf) : undefined;
    if (!session) return beginSignIn(ctx, { returnTo: addressOf(ctx) });
    const read = page.uploadLimit === undefined ? readForm : readFormWithFiles;
    const form = isPost ? await read(ctx) : noForm;
    if (isPost) guard.check(ctx, session.id, form);
    if (session.isOver) {
      if (isPost) return signInFirst(ctx, { session, form, isFresh: false });
      return beginSignIn(ctx, { returnTo: addressOf(ctx) });
    }

    const caller = await callerOf(ctx, session, asOf);
    requestState(ctx).logFields.actor = `user:${caller.id}`;
    const person = await findPerson(session.accountId);
    const frame = (isTaken = true) =>
      frameFor({
        ...{ page, caller, person, basePath, absent, formToken: guard.token(session.id) },
        flash: isTaken ? flashes.take(ctx, session.id) : undefined,
      });
    if (caller.role === undefined) {
      const data = { username: person?.username ?? caller.id };
      return render(ctx, frame(), 403, { title: 'No role here', template: 'no_role', data });
    }
    try {
      if (page.operation) await permit(page.operation, caller);
      if (isPost && page.operation?.sensitive && isStale(session)) {
        return await signInFirst(ctx, { session, form, isFresh: true });
      }
      const { query, draft } = queryOf(ctx);
      const kept =
        draft && !isPost
          ? await drafts.find(draft, { accountId: caller.id, path: addressOf(ctx) })
          : undefined;
      const request: ConsoleRequest = {
        ...{ query, caller, issuer, now: clock.now(), places: placesFor(caller, absent) },
        ...{ previewLook, link },
        form: kept ?? form,
        isReturning: kept !== undefined,
        params: decodedParams(ctx),
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
      if (answer.flash) flashes.set(ctx, session.id, answer.flash);
      ctx.status = 303;
      ctx.redirect(link(answer.to));
    } catch (error) {
      showError(ctx, frame(false), error);
    }
  };
  return (page) => (absent.has(page.section) ? undefined : serve(page));
}

/** Below `/console`, with its query but without a draft: which form it is. */
function addressOf(ctx: Context): string {
  const path = ctx.path.slice(consolePath.length);
  const { query } = queryOf(ctx);
  return query.size > 0 ? `${path}?${query}` : path;
}

function queryOf({ querystring }: Context) {
  const query = new URLSearchParams(querystring);
  const draft = query.get('draft') ?? undefined;
  query.delete('draft');
  return { query, draft };
}

function withDraft(address: string, draft: string): string {
  return `${address}${address.includes('?') ? '&' : '?'}draft=${draft}`;
}

/** Throws CardeaError `invalid_request` for what is no encoding. */
function decodedParams(ctx: Context): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(requestState(ctx).match.params).map(([name, value]) => [
        name,
        decodeURIComponent(value),
      ]),
    );
  } catch {
    throw new CardeaError({ code: 'not_found', status: 404, message: 'There is no such page.' });
  }
}
