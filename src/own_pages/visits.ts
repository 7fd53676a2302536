/**
 * A request to a page of a site, by somebody who is signed in to it: what has to be right before the page is asked.
 * Whoever is not signed in is sent to sign in, and a form that comes too late is kept for its person, to be sent again.
 */
import type { Context } from 'koa';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import { readFormWithFiles } from '../http/multipart.ts';
import { readForm } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import type { SiteCookies } from './cookies.ts';
import type { Drafts } from './drafts.ts';
import type { FormGuard } from './form_guard.ts';
import type { Sessions, SiteSession } from './sessions.ts';
import { type BeginSignIn, freshSeconds } from './sign_in_routes.ts';
import type { Site } from './site.ts';

export type Visit = {
  session: SiteSession;
  /** The last revocation that the session was checked against. */
  asOf: number;
  /** Of the path, decoded. */
  params: Readonly<Record<string, string>>;
  /** What was sent; empty for a GET. */
  form: URLSearchParams;
  /** Of the address, without what a draft is found by. */
  query: URLSearchParams;
  /** For the forms of the page. */
  formToken: string;
  /** Whether the person has proven who they are so recently that nothing asks for it again. */
  isFresh: boolean;
  /** Has the person sign in again and come back to the form. `uiLocales`: languages for the pages on the way. */
  signInAgain(uiLocales?: string): Promise<void>;
  /** On the way back from signing in: what the person had sent, to be shown again. */
  findDraft(): Promise<URLSearchParams | undefined>;
};

/**
 * Undefined: answered already. Throws CardeaError `forged_request` (403), `not_found` for a path that is no encoding, and
 * what readForm throws.
 */
export type OpenVisit = (
  ctx: Context,
  options: {
    /** False for a form with secrets, which is not kept while its person signs in. */
    keepForm: boolean;
    /** Whether it may have files. Default: false. */
    hasFiles?: boolean;
    /** Where the page of the form is, below the path of the site; then the form is not kept. Default: at its address. */
    formPath?: ((params: Visit['params']) => string) | undefined;
  },
) => Promise<Visit | undefined>;

const draftParameter = 'draft';

export function createOpenVisit({
  site,
  cookies,
  sessions,
  guard,
  drafts,
  beginSignIn,
  catchUp,
  clock,
}: {
  site: Site;
  cookies: Pick<SiteCookies, 'session'>;
  sessions: Pick<Sessions, 'find'>;
  guard: FormGuard;
  drafts: Drafts;
  beginSignIn: BeginSignIn;
  /** See MarkerWatch. */
  catchUp: () => Promise<number>;
  clock: Clock;
}): OpenVisit {
  return async (ctx, { keepForm, hasFiles = false, formPath }) => {
    const { address, query, draft } = addressOf(ctx, site);
    const asOf = await catchUp();
    const id = cookies.session(ctx);
    const session = id ? await sessions.find(id, asOf) : undefined;
    if (!session) {
      beginSignIn(ctx, { returnTo: address });
      return undefined;
    }
    const isPost = ctx.method === 'POST';
    const read = hasFiles ? readFormWithFiles : readForm;
    const form = isPost ? await read(ctx) : new URLSearchParams();
    if (isPost) guard.check(ctx, session.id, form);
    const { accountId } = session;

    const params = decodedParams(ctx);
    const returnAddress = async () => {
      if (formPath) return withQuery(formPath(params), query);
      if (!isPost || !keepForm) return address;
      return withDraft(address, await drafts.keep({ accountId, path: address, form }));
    };
    if (session.isOver) {
      beginSignIn(ctx, { returnTo: await returnAddress() });
      return undefined;
    }
    return {
      ...{ session, asOf, form, query, params },
      formToken: guard.token(session.id),
      isFresh: clock.now() - session.authenticatedAt <= freshSeconds * 1000,
      signInAgain: async (uiLocales) =>
        beginSignIn(ctx, { returnTo: await returnAddress(), isFresh: true, uiLocales }),
      findDraft: async () =>
        draft !== undefined && !isPost
          ? drafts.find(draft, { accountId, path: address })
          : undefined,
    };
  };
}

/** `address`: below the path of the site, with its query but without a draft: which form it is. */
function addressOf(ctx: Context, { path: base }: Site) {
  const query = new URLSearchParams(ctx.querystring);
  const draft = query.get(draftParameter) ?? undefined;
  query.delete(draftParameter);
  const path = ctx.path.slice(base.length);
  return { address: withQuery(path, query), query, draft };
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size > 0 ? `${path}?${query}` : path;
}

function withDraft(address: string, draft: string): string {
  return `${address}${address.includes('?') ? '&' : '?'}${draftParameter}=${draft}`;
}

function decodedParams(ctx: Context): Record<string, string> {
  const { params } = requestState(ctx).match;
  try {
    return Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new CardeaError({ code: 'not_found', status: 404, message: 'There is no such page.' });
  }
}
