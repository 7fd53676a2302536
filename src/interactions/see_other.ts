/** The answer to a form: a page that can be reloaded. */
import type { Context } from 'koa';

/** RFC 9110 section 15.4.4. `location`: a path of ours, or where the library sends the browser. */
export function seeOther(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(location);
}
