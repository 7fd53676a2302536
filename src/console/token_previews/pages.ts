/**
 * Token preview: what tokens would hold. The question is in the address; nothing is issued.
 */
import type { z } from 'zod';
import { getUser, previewTokens } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import { offeredApis, oneApi, personScopeOffers, scopeOffers } from '../apis/offered_apis.ts';
import type { ConsoleAnswer, ConsolePage, ConsoleRequest } from '../page.ts';
import { fieldView } from '../parts/field_view.ts';
import { type Field, typedIn, withOffers } from '../parts/fields.ts';
import { type FormErrors, formErrorsOf, noErrors } from '../parts/form_errors.ts';
import { show } from '../parts/values.ts';
import { offeredUsers } from '../users/offered_users.ts';

type Preview = z.input<(typeof previewTokens)['result']>;
type Issued = Extract<Preview, { outcome: 'issued' }>;
type Previewed = NonNullable<Issued['id_token']>;

const path = '/token-preview';

const user: Field = {
  ...{ name: 'user', member: 'user_id', label: 'User', as: 'text', code: true },
  hint: 'Username, email address or user ID. Empty: the client asks for itself.',
};

const api: Field = {
  ...{ name: 'api', label: 'API', as: 'text', code: true },
  hint: 'As the request would name it in the parameter resource. Optional.',
};

const scopes: Field = {
  ...{ name: 'scopes', label: 'Scopes', as: 'words' },
  hint: 'None: as a request that names no scope.',
};

/** With what there is to choose from. */
async function fieldsFor(request: ConsoleRequest): Promise<readonly Field[]> {
  const [apis, users] = await Promise.all([offeredApis(request), offeredUsers(request)]);
  const known = request.query.get('api')?.trim() || undefined;
  const offers = [...personScopeOffers, ...scopeOffers(apis)];
  return [
    { name: 'client', member: 'client_id', label: 'Client ID', as: 'text', code: true },
    withOffers(user, users),
    oneApi(api, apis, { known, none: 'None' }),
    withOffers({ ...scopes, offersFor: 'api' }, apis.length > 0 ? offers : []),
  ];
}

const page: ConsolePage = {
  ...{ path, method: 'GET', name: 'preview', section: 'preview', operation: previewTokens },
  command: 'Preview tokens',
  async handle(request) {
    const fields = await fieldsFor(request);
    if (!request.query.has('client')) return shown(request, { fields, errors: noErrors });
    try {
      return shown(request, { fields, errors: noErrors, preview: await ask(request) });
    } catch (error) {
      const errors = formErrorsOf(error, fields) ?? notFound(error);
      if (!errors) throw error;
      return { ...shown(request, { fields, errors }), status: 400 };
    }
  },
};

async function ask({ query, call }: ConsoleRequest): Promise<Preview> {
  const text = (name: string) => query.get(name)?.trim() || undefined;
  const [user, api] = [text('user'), text('api')];
  const asked = query.getAll('scopes').join(' ').split(/\s+/).filter(Boolean);
  const userId = user && (await call(getUser, { params: { user_id: user } })).body.id;
  const { body } = await call(previewTokens, {
    body: {
      ...{ client_id: text('client') ?? '', scopes: [...new Set(asked)] },
      ...(userId && { user_id: userId }),
      ...(api && { api }),
    },
  });
  return body;
}

function shown(
  { query }: ConsoleRequest,
  { fields, errors, preview }: { fields: readonly Field[]; errors: FormErrors; preview?: Preview },
): Extract<ConsoleAnswer, { view: unknown }> {
  return {
    view: {
      ...{ title: 'Token preview', template: 'token_preview' },
      data: {
        intro: 'What the tokens of a client would hold. Nothing is issued.',
        ...{ action: path, submit: 'Preview', others: errors.others },
        fields: fields.map((field) => fieldView(field, typedIn(field, query), { errors })),
        refused: preview?.outcome === 'refused' ? preview : undefined,
        issued: preview?.outcome === 'issued' ? issuedView(preview) : undefined,
      },
    },
  };
}

function issuedView(issued: Issued) {
  return {
    notes: issued.notes,
    facts: [
      { label: 'Granted scopes', value: show.tags(issued.granted_scopes) },
      { label: 'Withheld scopes', value: show.tags(issued.withheld_scopes) },
      { label: 'Refused by the user', value: show.tags(issued.refused_scopes) },
      { label: 'Refresh token', value: show.text(issued.refresh_token ? 'Yes' : 'No') },
    ],
    tokens: [
      tableOf('Access token', issued.access_token, formats[issued.access_token.format]),
      tableOf('ID token', issued.id_token, 'None: the request has no scope openid, or no user.'),
      tableOf('Userinfo', issued.userinfo, 'None: the access token is not for userinfo.'),
    ],
  };
}

const formats = {
  jwt: 'A JWT.',
  opaque: 'An opaque token: introspection tells its API these claims.',
};

function tableOf(title: string, token: Previewed | null, text: string) {
  const claims = Object.entries(token?.claims ?? {});
  return {
    ...{ title, text: token && title !== 'Access token' ? undefined : text },
    rows: claims.map(([claim, value]) => ({
      claim,
      value: token?.per_issuance.includes(claim)
        ? show.text('Different in each token', { muted: true })
        : show.code(typeof value === 'string' ? value : JSON.stringify(value)),
      source: show.text(sourceText(token?.sources[claim])),
    })),
  };
}

function sourceText(source: Previewed['sources'][string] | undefined): string | undefined {
  if (!source) return undefined;
  const renamed = source.claim ? `, the user's ${source.claim}` : '';
  if (source.from === 'scope') return `Scope ${source.scope}${renamed}`;
  if (source.from === 'claims_parameter') return `The claims parameter${renamed}`;
  return source.from === 'api' ? `The API asks for it${renamed}` : 'The protocol';
}

/** The user: what else is not there, the preview answers as a refusal. */
function notFound(error: unknown): FormErrors | undefined {
  if (!(error instanceof CardeaError) || error.status !== 404) return undefined;
  return { byField: new Map(), others: [error.message] };
}

export const tokenPreviewPages: readonly ConsolePage[] = [page];
