/**
 * The request tester: builds requests to this server's endpoints and shows their messages. No secret comes here: the
 * messages name variables of a shell, and the page's script puts secrets in where it sends them itself.
 */
import type { Context } from 'koa';
import type { ApiRegistry } from '../apis/room.ts';
import type { RequestsData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { textIn } from '../pages/texts.ts';
import { type InspectorPage, showPage, typedFields } from './framed_routes.ts';
import {
  buildSteps,
  curlText,
  flowOf,
  messageText,
  missingFields,
  newProofs,
} from './portable/request_messages.js';

const fieldNames = ['flow', 'client_id', 'redirect_uri', 'scope', 'resource'];
/** RFC 6749 section 4.1.2, RFC 9207. */
const returnedNames = ['code', 'state', 'iss', 'error', 'error_description'];

export function createRequestsPage({
  issuer,
  apis,
  renderer,
}: {
  issuer: string;
  apis: ApiRegistry;
  renderer: PageRenderer;
}): InspectorPage {
  const base = issuer.replace(/\/$/, '');
  const endpoints = { authorize: `${base}/authorize`, token: `${base}/token` };
  const { origin } = new URL(issuer);

  return async function requestsPage(ctx, { path, layout, shell, uiLocales }) {
    const locale = renderer.locale(ctx, { uiLocales });
    const isSent = ctx.method === 'POST';
    const typed = isSent ? await typedFields(ctx, fieldNames) : {};
    const ownAddress = `${origin}${path}`;
    const fields = {
      flow: flowOf(typed.flow),
      client_id: typed.client_id?.trim() ?? '',
      redirect_uri: typed.redirect_uri?.trim() ?? ownAddress,
      scope: typed.scope?.trim() ?? '',
      resource: typed.resource?.trim() ?? '',
    };
    const problems = isSent ? missingFields(fields) : [];
    const isBuilt = isSent && problems.length === 0;
    const steps = isBuilt ? buildSteps(fields, endpoints, await newProofs()) : [];
    const data: RequestsData = {
      ...{ layout, shell, issuer, endpoints, ownAddress, problems, hidden: fields },
      apis: apis.list().map(({ identifier, name }) => ({ identifier, name: textIn(locale, name) })),
      steps: steps.map(({ name: step, message }) => ({
        step,
        hidden: { message: messageText(message), curl: curlText(message) },
      })),
      returned: returnedTo(ctx),
    };
    showPage(ctx, renderer, { page: 'requests', data, isRefused: problems.length > 0, uiLocales });
  };
}

/** What the authorization endpoint sent the browser back with. */
function returnedTo({ query }: Pick<Context, 'query'>): RequestsData['returned'] {
  const hidden = Object.fromEntries(
    returnedNames.flatMap((name) => (typeof query[name] === 'string' ? [[name, query[name]]] : [])),
  );
  return 'code' in hidden || 'error' in hidden ? { hidden } : undefined;
}
