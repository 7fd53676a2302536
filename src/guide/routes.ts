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

/** `framed`: the name of a layout, and what it needs. Default: that of all pages. */
export function showGuide(
  ctx: Context,
  { renderer, guide }: { renderer: Pick<PageRenderer, 'render'>; guide: Guide },
  framed: { layout?: string; shell?: object } = {},
): void {
  ctx.status = 200;
  const query = new URLSearchParams(ctx.querystring);
  renderer.render(
    ctx,
    'which_credential',
    { ...guide.read(query), ...framed },
    { uiLocales: query.get('ui_locales') ?? undefined },
  );
}
