/**
 * The APIs that there are, and their scopes, for the forms in which one is chosen.
 */
import { listApis } from '../../admin/room.ts';
import { adminApi, adminScopes } from '../../definitions/admin_scopes.ts';
import { personScopeNames } from '../../definitions/oauth.ts';
import { textIn } from '../../pages/texts.ts';
import type { ConsoleRequest } from '../page.ts';
import type { Field, Offer } from '../parts/fields.ts';
import type { Api } from './shown_api.ts';
import { toVerify, type VerifiedApi } from './verifying_code.ts';

type Asked = Pick<ConsoleRequest, 'call' | 'may' | 'caller'>;

export type OfferedApi = Pick<
  Api,
  'identifier' | 'name' | 'scopes' | 'client_id' | 'access_token_format'
>;

const pageSize = 200;
/** A server keeps a thousand that were made here; a file could have more. */
const mostPages = 5;

const ownApi: OfferedApi = {
  ...{ identifier: adminApi, name: 'Cardea administration', scopes: adminScopes },
};

/** Cardea's own is the last. None where the operator may not see APIs. */
export async function offeredApis({ call, may, caller }: Asked): Promise<readonly OfferedApi[]> {
  if (!may(listApis)) return [];
  const apis: OfferedApi[] = [];
  let after: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const query = { limit: pageSize, ...(after !== undefined && { after }) };
    const { body } = await call(listApis, { query });
    apis.push(...(body.items as Api[]));
    if (body.next === null) break;
    after = body.next;
  }
  // Whoever is confined to projects can give nobody access to the admin API.
  return caller.projects === undefined ? [...apis, ownApi] : apis;
}

/** The API that a client is, for its code; undefined: none, as far as the operator may see. */
export async function apiOfClient(
  clientId: string,
  request: Asked,
): Promise<VerifiedApi | undefined> {
  const api = (await offeredApis(request)).find(({ client_id: id }) => id === clientId);
  return api && toVerify(api);
}

export function apiOffers(apis: readonly OfferedApi[]): readonly Offer[] {
  return apis.map(({ identifier, name }) => ({
    ...{ value: identifier, label: textIn('en', name), hint: identifier },
  }));
}

export async function offeredIdentifiers(request: Asked): Promise<readonly Offer[]> {
  return apiOffers(await offeredApis(request));
}

/** Each with the API that defines it. */
export function scopeOffers(apis: readonly OfferedApi[]): readonly Offer[] {
  return apis.flatMap(({ identifier, name, scopes }) =>
    Object.entries(scopes).map(([scope, text]) => ({
      ...{ value: scope, hint: textIn('en', text) },
      group: { value: identifier, label: textIn('en', name) },
    })),
  );
}

const personTexts: Readonly<Record<string, string>> = {
  openid: 'Who signs in',
  profile: 'Name and picture',
  email: 'Email address',
  address: 'Postal address',
  phone: 'Phone number',
  offline_access: 'Stays signed in',
  groups: 'Groups',
  roles: 'Roles',
};

/** Those about people that every server has. */
export const personScopeOffers: readonly Offer[] = personScopeNames([]).map((scope) => ({
  ...{ value: scope, hint: personTexts[scope] ?? '' },
  group: { value: '', label: 'About the person' },
}));

/**
 * The field as a choice of one API; `known`: what it has, which may be no API any more. As it is, a text, where there is
 * nothing to choose from.
 */
export function oneApi(
  field: Field,
  apis: readonly OfferedApi[],
  { known, none }: { known?: string | undefined; none: string },
): Field {
  if (apis.length === 0) return field;
  const options = apiOffers(apis).map(({ value, label = value, hint = '' }) => ({
    ...{ value, label, hint },
  }));
  const isOffered = known === undefined || apis.some(({ identifier }) => identifier === known);
  const unknown = isOffered ? [] : [{ value: known, label: known, hint: 'There is no such API.' }];
  const { required } = field;
  const first = required && options.length <= mostRadios ? [] : [{ value: '', label: none }];
  return { ...field, as: 'choice', options: [...first, ...unknown, ...options] };
}

/** With more it is a list that folds out, which has to begin with something. */
const mostRadios = 6;
