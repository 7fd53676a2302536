/**
 * The pages that people see. Owns turning a page's data into HTML, not which page is shown and not the
 * headers. No page needs a script, loads anything from elsewhere, or contains inline styles.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import { maxLength, passwordLength } from '../definitions/lengths.ts';
import { type Locale, locales } from '../definitions/locales.ts';
import type { Log } from '../telemetry/log.ts';
import type { Assets } from './assets.ts';
import { initialOf } from './display_text.ts';
import type { PageClient, PageData, PageName } from './page_data.ts';
import { pageSamples } from './page_samples.ts';
import { safePageData, webHostOf } from './safe_data.ts';
import { briefly, loadTemplates, type Templates, unusableTemplates } from './templates.ts';
import {
  codeHtml,
  errorText,
  fill,
  fillHtml,
  instantText,
  lasting,
  nameAfterPreposition,
  pageTexts,
  timeFromNow,
} from './texts.ts';

type PageContext = {
  locale: Locale;
  requestId: string;
  /** In place of the operator's name and files. */
  look?: { name: string; urls: Assets['urls'] } | undefined;
};

export type Views = {
  /**
   * Returns a complete HTML document. Throws CardeaError if a form's action is neither a path nor an http(s)
   * URL. Never throws because of a template.
   */
  render<P extends PageName>(page: P, data: PageData[P], context: PageContext): string;
};

/** The longest value that people type, in characters. The sign-in page also accepts an email address. */
const fieldLengths = {
  username: Math.max(maxLength.username, maxLength.email),
  email: maxLength.email,
  password: passwordLength.max,
};

/**
 * Compiles every template and renders each page in each of its states, so that a broken operator template
 * stops the start with a CardeaError, instead of a sign-in later.
 */
export function createViews({
  pages,
  assets,
  log,
}: {
  /** Read anew for each page, as are the URLs of the assets. */
  pages: Pick<Declaration['pages'], 'name' | 'templates'>;
  assets: Pick<Assets, 'urls'>;
  log: Pick<Log, 'error'>;
}): Views {
  const own = loadTemplates();
  const chosen = pages.templates === undefined ? own : loadTemplates(pages.templates);

  const documentOf = <P extends PageName>(
    templates: Templates,
    page: P,
    data: PageData[P],
    { locale, requestId, look = { name: pages.name, urls: assets.urls } }: PageContext,
  ): string =>
    templates.render(`pages/${page}`, {
      data: safePageData(data),
      t: pageTexts[locale],
      locale,
      requestId,
      brand: { name: look.name, logo: look.urls.logo },
      assets: look.urls,
      fill,
      fillHtml,
      codeHtml,
      maxLength: fieldLengths,
      initialOf,
      hostOf: webHostOf,
      errorText: (code: string) =>
        errorText(locale, code, 'status' in data ? data.status : undefined),
      nameAfter: (client: PageClient) => nameAfterPreposition(locale, client),
      instantText: (at: number) => instantText(locale, at),
      lasting: (seconds: number) => lasting(locale, seconds),
      timeFromNow: (seconds: number) => timeFromNow(locale, seconds),
    });

  if (chosen !== own) tryAll(chosen, documentOf);
  return {
    render(page, data, context) {
      if (chosen === own) return documentOf(own, page, data, context);
      try {
        return documentOf(chosen, page, data, context);
      } catch (error) {
        // A state that the samples do not cover. The page itself must not fail because of it.
        log.error(
          {
            err: error,
            page,
            template: chosen.pathOf(`pages/${page}`),
            request_id: context.requestId,
          },
          'a template failed, the built-in one was used',
        );
        return documentOf(own, page, data, context);
      }
    },
  };
}

/** Renders every sample. Throws one CardeaError that lists every template that failed. */
function tryAll(
  templates: Templates,
  documentOf: <P extends PageName>(
    templates: Templates,
    page: P,
    data: PageData[P],
    context: PageContext,
  ) => string,
): void {
  const problems = new Set<string>();
  for (const page of Object.keys(pageSamples) as PageName[]) {
    for (const data of Object.values(pageSamples[page])) {
      for (const locale of locales) {
        try {
          documentOf(templates, page, data, { locale, requestId: 'trial' });
        } catch (error) {
          problems.add(`${templates.pathOf(`pages/${page}`)}: ${briefly(error)}`);
        }
      }
    }
  }
  if (problems.size > 0) throw unusableTemplates([...problems]);
}
