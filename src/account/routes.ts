/**
 * What is around every page of an account: who is signed in, whether that was recent enough, the language, the navigation,
 * and the way back to the app that sent the person.
 */
import type { Context, Middleware } from 'koa';
import { hasSecondFactor, tookSeveralFactors } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import type { Locale } from '../definitions/locales.ts';
import { CardeaError } from '../errors.ts';
import { requestState } from '../http/request_state.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import { begunLifetimeMs } from '../identity_providers/room.ts';
import { ownAddress } from '../net/client_address.ts';
import type { OwnPages, Visit } from '../own_pages/room.ts';
import type { AccountFrame } from '../pages/account_data.ts';
import type { PageData, PageName } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { pageTexts } from '../pages/texts.ts';
import type { UserRecord } from '../storage/users.ts';
import { accountSite } from './account_client.ts';
import { languageOf } from './languages.ts';
import type { AccountAnswer, AccountFlash, AccountPage, AccountRequest } from './page.ts';
import { findReturnLink, type ReturnLink, returnParameters } from './return_links.ts';
import { sectionsIn } from './sections.ts';
import type { AccountServices } from './services.ts';
import { deviceNamed } from './sessions/devices.ts';
import { createTimes } from './times.ts';

export type ServePage = (page: AccountPage) => Middleware;

export function createPageServer({
  basePath,
  pages: { openVisit, flashes },
  services,
  renderer,
  brand,
  clock,
}: {
  basePath: string;
  pages: Pick<OwnPages, 'openVisit' | 'flashes'>;
  services: AccountServices;
  renderer: PageRenderer;
  /** The operator's name, as pages have it now. */
  brand: () => string;
  clock: Clock;
}): ServePage {
  /** The address of a path below the site, with what leads back to the app. */
  const linkerFor = (query: URLSearchParams, back: ReturnLink | undefined) => {
    const kept = new URLSearchParams();
    for (const name of returnParameters) {
      const value = query.get(name);
      if (back && value !== null) kept.set(name, value);
    }
    return (path: string) => {
      const address = `${basePath}${accountSite.path}${path === '/' ? '' : path}`;
      if (kept.size === 0) return address;
      return `${address}${path.includes('?') ? '&' : '?'}${kept}`;
    };
  };

  const render = <P extends PageName>(
    ctx: Context,
    shown: { page: P; data: PageData[P]; status?: number | undefined },
    locale: Locale,
  ) => {
    ctx.status = shown.status ?? 200;
    renderer.render(ctx, shown.page, shown.data, { uiLocales: locale });
    keepFormsHere(ctx);
  };

  /** What a page cannot be, in words that fit here. Throws what is a fault of ours. */
  const messageOf = (ctx: Context, error: unknown, { t }: AccountRequest): AccountAnswer => {
    if (!(error instanceof CardeaError) || error.status >= 500) throw error;
    const { code, status } = error;
    requestState(ctx).logFields.error = code;
    const { messages } = t;
    const [title, text] =
      status === 404
        ? [messages.title, messages.not_found]
        : [messages.refused_title, messages.refused];
    return { page: 'account/message', data: { title, text }, status };
  };

  const respond = async (
    ctx: Context,
    answer: AccountAnswer,
    { page, visit, request }: { page: AccountPage; visit: Visit; request: AccountRequest },
    back: ReturnLink | undefined,
  ) => {
    const { link, locale, person } = request;
    if ('signInAgain' in answer) return visit.signInAgain(locale);
    if ('leave' in answer) {
      const { url, browser } = answer.leave;
      services.providerCookie.write(ctx, browser, begunLifetimeMs / 1000);
      // Not a redirect: a form of these pages ends on our own origin.
      ctx.set('Refresh', `0;url=${url}`);
      return render(ctx, { page: 'leaving', data: { nextUrl: url } }, locale);
    }
    if ('download' in answer) {
      ctx.set('Content-Disposition', `attachment; filename="${answer.download.name}"`);
      ctx.type = 'application/json';
      ctx.body = JSON.stringify(answer.download.json, null, 2);
      return;
    }
    if ('to' in answer) {
      if (answer.flash) flashes.set(ctx, visit.session.id, answer.flash);
      ctx.status = 303;
      ctx.redirect(link(answer.to));
      return;
    }
    const flash = answer.status === undefined ? flashes.take(ctx, visit.session.id) : undefined;
    const frame: AccountFrame = {
      sections: sectionsIn(services.policy).map(({ id, path }) => ({
        ...{ id, linkPath: link(path), isCurrent: id === page.section },
      })),
      homePath: link('/'),
      user: pageUser(person),
      signOutAction: `${basePath}${accountSite.path}/sign-out`,
      flash: flash as AccountFlash | undefined,
      back,
    };
    const { data } = answer;
    const hidden = { ...data.hidden, form_token: visit.formToken };
    render(ctx, { ...answer, data: { ...data, frame, hidden } as never }, locale);
  };

  return (page) => async (context) => {
    const ctx = context as Context;
    if (page.isOffered?.(services) === false) throw noSuchPage();
    const visit = await openVisit(ctx, {
      ...{ keepForm: !page.hasSecrets, formPath: page.formPath },
    });
    if (!visit) return;
    const { query } = visit;
    const userId = visit.session.accountId;
    requestState(ctx).logFields.actor = `user:${userId}`;
    const person = await services.users.find(userId);
    if (!person) throw noSuchPage();
    if (page.method === 'POST') {
      const holder = { accountId: userId, clientId: accountSite.clientId };
      services.budget.check(holder);
      await services.budget.count(holder);
    }
    const locale = renderer.locale(ctx, { uiLocales: languageOf(person) });
    const owned = await services.authentication.authenticators.find(userId);
    const isStrong = !hasSecondFactor(owned) || tookSeveralFactors(visit.session.amr);
    const isFresh = visit.isFresh && isStrong;
    if (page.needsFreshSignIn && !isFresh) return visit.signInAgain(locale);

    const now = clock.now();
    const back = await findReturnLink(query, { userId, locale, now }, services);
    const kept = await visit.findDraft();
    const { address, requestId } = requestState(ctx);
    const t = pageTexts[locale].account;
    const { zoneinfo } = person.claims;
    const { device } = deviceNamed(ctx.get('user-agent'), t);
    const request: AccountRequest = {
      ...{ query, person, owned, locale, now, services, brand: brand(), ip: address.ip },
      visit: { session: visit.session, isFresh, isStrong },
      form: kept ?? visit.form,
      isReturning: kept !== undefined,
      providerBrowser: services.providerCookie.read(ctx),
      params: visit.params,
      by: { actor: `user:${userId}`, ip: ownAddress(address), requestId },
      texts: pageTexts[locale],
      t,
      times: createTimes({ locale, zoneinfo, justNow: t.just_now, now }),
      link: linkerFor(query, back),
      device,
      tell(done) {
        return services.tell({ done, person, at: now, locale, ip: address.ip, device });
      },
    };
    const answer = await page.handle(request).catch((error) => messageOf(ctx, error, request));
    await respond(ctx, answer, { page, visit, request }, back);
  };
}

function pageUser({ username, claims: { name } }: UserRecord) {
  return { username, name: typeof name === 'string' ? name : undefined };
}

function noSuchPage(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'There is no such page.' });
}
