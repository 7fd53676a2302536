/**
 * The page at the issuer itself, for whoever opens it by hand: what this is, and where to go from here.
 */
import type { Context, Middleware } from 'koa';
import type { PageRenderer } from './page_renderer.ts';

/** Programs that do not ask for HTML get the same as JSON. */
export function serveHome({
  renderer,
  issuer,
  accountPath,
  pages,
}: {
  renderer: PageRenderer;
  issuer: string;
  /** Undefined where there are no account pages. */
  accountPath: string | undefined;
  /** The operator's. */
  pages: () => { name: string; documentation?: string | undefined };
}): Middleware {
  const discoveryUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return async function serveHomePage(context) {
    const ctx = context as Context;
    const { name, documentation } = pages();
    ctx.status = 200;
    ctx.vary('Accept');
    if (ctx.accepts('json', 'html') === 'html') {
      const documentationUrl = documentation;
      renderer.render(ctx, 'home', { issuer, discoveryUrl, documentationUrl, accountPath });
      return;
    }
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      ...{ name, issuer },
      openid_configuration: discoveryUrl,
      service_documentation: documentation,
    };
  };
}
