/**
 * Responds to a request with a page: language, request id, headers. The routes decide which page, and with
 * what data.
 */
import type { Context } from 'koa';
import type { Locale } from '../definitions/locales.ts';
import { requestState } from '../http/request_state.ts';
import { chooseLocale } from './locale.ts';
import type { PageData, PageName } from './page_data.ts';
import type { Views } from './views.ts';

type PageRequest = Pick<Context, 'get' | 'state' | 'vary' | 'set' | 'type' | 'body'>;
type Preference = { uiLocales?: string | undefined };

export type PageRenderer = {
  locale(ctx: Pick<Context, 'get'>, preference?: Preference): Locale;
  /** Sets type, body and headers. The status is up to the caller. */
  render<P extends PageName>(
    ctx: PageRequest,
    page: P,
    data: PageData[P],
    preference?: Preference,
  ): void;
};

export function createPageRenderer({
  views,
  fallbackLocale,
}: {
  views: Views;
  fallbackLocale: Locale;
}): PageRenderer {
  const localeOf: PageRenderer['locale'] = (ctx, { uiLocales } = {}) =>
    chooseLocale({
      uiLocales,
      acceptLanguage: ctx.get('Accept-Language'),
      fallback: fallbackLocale,
    });

  return {
    locale: localeOf,
    render(ctx, page, data, preference) {
      const locale = localeOf(ctx, preference);
      ctx.vary('Accept-Language');
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Content-Language', locale);
      ctx.type = 'html';
      ctx.body = views.render(page, data, { locale, requestId: requestState(ctx).requestId });
    },
  };
}
