/**
 * The page that a token is pasted into. What is pasted comes in the body of a form, goes back into its field, and is
 * kept nowhere.
 */
import type { ApiRegistry } from '../apis/room.ts';
import type { InspectData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { pageTexts, textIn } from '../pages/texts.ts';
import { type InspectorPage, showPage, typedFields } from './framed_routes.ts';
import type { Inspection } from './inspection.ts';
import { parseExpectations } from './portable/expectations.js';
import { wordReport } from './portable/wording.js';

const fieldNames = ['token', 'api', 'issuer', 'audience', 'scope', 'claim', 'at', 'tolerance'];

export function createInspectPage({
  issuer,
  basePath,
  inspection,
  apis,
  renderer,
}: {
  issuer: string;
  basePath: string;
  inspection: Inspection;
  apis: ApiRegistry;
  renderer: PageRenderer;
}): InspectorPage {
  return async function inspectPage(ctx, { visitor, layout, shell, uiLocales }) {
    const locale = renderer.locale(ctx, { uiLocales });
    const hidden = ctx.method === 'POST' ? await typedFields(ctx, fieldNames) : {};
    const { token = '' } = hidden;
    const { expectations, problems } = parseExpectations(hidden);
    if (ctx.method === 'POST' && token.trim() === '') problems.token = 'missing';
    const isAsked = ctx.method === 'POST' && Object.keys(problems).length === 0;
    const report = isAsked
      ? await inspection.inspect({
          ...{ text: token, expectations, visitor },
          nameOf: ({ name }) => textIn(locale, name),
        })
      : undefined;
    const data: InspectData = {
      ...{ layout, shell, hidden, issuer, problems },
      jwksPath: `${basePath}/.well-known/jwks.json`,
      apis: apis.list().map(({ identifier, name, format, scopes }) => ({
        ...{ identifier, format, name: textIn(locale, name), scopes: Object.keys(scopes) },
      })),
      report: report && wordReport(report, pageTexts[locale].inspector, locale),
    };
    const isRefused = Object.keys(problems).length > 0;
    showPage(ctx, renderer, { page: 'inspect', data, isRefused, uiLocales });
  };
}
