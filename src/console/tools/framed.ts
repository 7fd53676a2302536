/**
 * Pages of other rooms, within the console: they answer by themselves, and bring their own texts; the frame is around
 * them.
 */
import type { Context } from 'koa';
import { type AdminCaller, listSessions } from '../../admin/room.ts';
import { type Guide, showGuide } from '../../guide/room.ts';
import { keepFormsHere } from '../../http/security_headers.ts';
import type { InspectorPages } from '../../inspection/room.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { consoleSite } from '../console_client.ts';
import type { Frame } from '../frame.ts';
import type { FramedPage } from '../page.ts';

/** Answers with a page of another room. */
export type ShowFramed = (
  ctx: Context,
  page: FramedPage,
  around: { frame: Frame; caller: AdminCaller },
) => Promise<void>;

/** A layout of views/console. It needs `shell: { frame, view }`. */
const layout = '@console/framed_layout';
/** The console's language, whatever the browser prefers. */
const uiLocales = 'en';

export function createFramed({
  basePath,
  inspector,
  guide,
  renderer,
}: {
  basePath: string;
  inspector: Pick<InspectorPages, 'inspect' | 'requests'>;
  guide: Guide;
  renderer: PageRenderer;
}): ShowFramed {
  return async (ctx, { name, title, path }, { frame, caller }) => {
    const shell = { frame, view: { title } };
    if (name === 'guide') {
      showGuide(ctx, { renderer, guide }, { layout, shell, uiLocales });
      return keepFormsHere(ctx);
    }
    // Whoever may see sessions may see what is on record of a token.
    const visitor = { seesRecords: caller.scopes.has(listSessions.scope), fetchesKeys: true };
    await inspector[name](ctx, {
      ...{ visitor, layout, shell, uiLocales, path: `${basePath}${consoleSite.path}${path}` },
    });
  };
}
