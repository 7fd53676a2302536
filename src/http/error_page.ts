/** The error page, as the error serialiser wants it. */
import type { ErrorPage } from './errors.ts';
import type { PageRenderer } from './page_renderer.ts';

export function errorPage(renderer: PageRenderer): ErrorPage {
  return (ctx, { code, description, status }) => {
    renderer.render(ctx, 'error', { code, description, status });
    return String(ctx.body);
  };
}
