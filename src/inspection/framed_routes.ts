/**
 * What the pages of the inspector have in common: they are shown on their own or within the console.
 */
import type { Context } from 'koa';
import { CardeaError } from '../errors.ts';
import { readForm } from '../http/request_body.ts';
import { keepFormsHere } from '../http/security_headers.ts';
import type { PageData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { Visitor } from './records/inspected.ts';

/** Where a page is shown, and to whom. */
type InspectorFrame = {
  visitor: Visitor;
  /** The path of the page as the browser has it, such as `/console/inspect/requests`. */
  path: string;
  /** The name of a layout such as `@console/layout`, and what it needs. Default: that of all pages. */
  layout?: string | undefined;
  shell?: object | undefined;
  /** Languages that go before those of the browser, as `ui_locales` names them. */
  uiLocales?: string | undefined;
};

/** Answers GET and POST. The caller has made sure that a form comes from a page of our own. */
export type InspectorPage = (ctx: Context, frame: InspectorFrame) => Promise<void>;

/** The fields of a posted form, as they were typed. Throws CardeaError 400 for one that was sent twice. */
export async function typedFields(
  ctx: Context,
  names: readonly string[],
): Promise<Record<string, string>> {
  const form = await readForm(ctx);
  const fields = names.flatMap((name) => {
    const [value, ...more] = form.getAll(name);
    if (more.length > 0) {
      throw new CardeaError({
        code: 'invalid_request',
        status: 400,
        message: `The field ${name} was sent more than once.`,
      });
    }
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(fields);
}

/** `isRefused`: something that was typed cannot be understood (RFC 9110 section 15.5.21). */
export function showPage<P extends 'inspect' | 'requests'>(
  ctx: Context,
  renderer: PageRenderer,
  {
    page,
    data,
    isRefused,
    uiLocales,
  }: {
    page: P;
    data: PageData[P];
    isRefused: boolean;
    uiLocales: InspectorFrame['uiLocales'];
  },
): void {
  keepFormsHere(ctx);
  ctx.status = isRefused ? 422 : 200;
  renderer.render(ctx, page, data, { uiLocales });
}
