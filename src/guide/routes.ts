/**
 * The guide as a page that anybody may open: its answers are in the address, so that a result can be shared.
 */
import type { Context, Middleware } from 'koa';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { Guide } from './guide.ts';

export function serveGuide({
  renderer,
  guide,
}: {
  renderer: Pick<PageRenderer, 'render'>;
  guide: Guide;
}): Middleware {
  return async function serveGuidePage(context) {
    showGuide(context as Context, { renderer, guide });
  };
}

/**
 * `framed`: the name of a layout, and what it needs. Default: that of all pages. `uiLocales`: languages that go before
 * those of the request.
 */
export function showGuide(
  ctx: Context,
  { renderer, guide }: { renderer: Pick<PageRenderer, 'render'>; guide: Guide },
  { uiLocales, ...framed }: { layout?: string; shell?: object; uiLocales?: string } = {},
): void {
  ctx.status = 200;
  const query = new URLSearchParams(ctx.querystring);
  renderer.render(
    ctx,
    'which_credential',
    { ...guide.read(query), ...framed },
    { uiLocales: uiLocales ?? query.get('ui_locales') ?? undefined },
  );
}
