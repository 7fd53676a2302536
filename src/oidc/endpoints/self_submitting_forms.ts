/**
 * The library answers some requests with a form that sends itself (form_post response mode, a device link
 * with its code filled in, sign-out without a question): bare HTML with an inline script. Here it becomes one
 * of our pages, which needs no inline script and has a button for those who run none.
 */
import type { Middleware } from 'koa';
import type { PageRenderer } from '../../pages/page_renderer.ts';

const marker = '<title>Submitting Callback</title>';
const formAction = /<form method="post" action="([^"]*)">/;
const hiddenInput = /<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g;

const entities: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}

/** A path where a form stays here, so that the page does not tell of leaving. */
function actionOf(action: string, ownHost: string): string {
  const url = URL.parse(action);
  return url?.host === ownHost ? `${url.pathname}${url.search}` : action;
}

export function createSelfSubmittingForms({ renderer }: { renderer: PageRenderer }): Middleware {
  return async function renderSelfSubmittingForm(ctx, next) {
    await next();
    if (typeof ctx.body !== 'string' || !ctx.body.includes(marker)) return;
    const action = formAction.exec(ctx.body)?.[1];
    if (action === undefined) return;
    const inputs = [...ctx.body.matchAll(hiddenInput)];
    renderer.render(ctx, 'redirecting', {
      action: actionOf(unescapeHtml(action), ctx.host),
      hidden: Object.fromEntries(
        inputs.map(([, name = '', value = '']) => [name, unescapeHtml(value)]),
      ),
    });
  };
}
