/**
 * The pages of the console, in views/console. Operators' templates are for what people see who sign in, and do not reach
 * these. Owns turning a page into HTML, not which page is shown and not the headers.
 */
import type { Assets } from './assets.ts';
import { loadTemplates } from './templates.ts';

export type ConsoleViews = {
  /** Returns a complete HTML document. `frame`: what the layout and the links of every page need. */
  render(view: { title: string; template: string; data: object }, frame: object): string;
};

/** Compiles every template. */
export function createConsoleViews({
  pages,
  assets,
}: {
  /** As they are at each request. */
  pages: { readonly name: string };
  assets: Pick<Assets, 'urls'>;
}): ConsoleViews {
  const templates = loadTemplates();
  return {
    render: (view, frame) =>
      templates.render(`console/${view.template}`, {
        ...{ view, frame, data: view.data, dateText },
        ...{ brand: { name: pages.name, logo: assets.urls.logo }, assets: assets.urls },
      }),
  };
}

/** `2026-11-30 09:43 UTC`, of an RFC 3339 instant: what is shown where no script makes it relative. */
function dateText(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? at
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
