/**
 * Making an API key: what it is called, what it may do, and how long it lives. The key itself is in the answer to the form,
 * and nowhere else; the same form sent again has the same answer for some minutes.
 */

import type { Api } from '../../apis/room.ts';
import { day } from '../../definitions/units.ts';
import { randomId } from '../../digests.ts';
import { InvalidFieldsError } from '../../input_check.ts';
import { fill, lasting, textIn } from '../../pages/texts.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../page.ts';
import { isKeysOffered } from './offered.ts';
import { mayHaveAnother, offeredApis, readKeys, scopesOf, scopeTitle } from './own_keys.ts';

const listPath = '/api-keys';
const path = `${listPath}/new` as const;
const common = {
  path,
  section: 'api_keys',
  isOffered: isKeysOffered,
  needsFreshSignIn: true,
} as const;

const lifetimes = [30 * day, 90 * day, 365 * day];
const never = 'never';

type Problem = { error: string; fields: ReadonlySet<'name' | 'scopes' | 'expires_in'> };

/** What can be chosen of it, as the operator allows; the last one is the default. */
function lifetimesFor({ services: { keyPolicy } }: AccountRequest): string[] {
  const { max_expiry: longest } = keyPolicy;
  if (longest === null) return [...lifetimes.map(String), never];
  const shorter = lifetimes.filter((seconds) => seconds < longest);
  return [...shorter, longest].map(String);
}

function apiOf(request: AccountRequest): Api | undefined {
  const apis = offeredApis(request);
  const wanted = request.query.get('api');
  if (wanted === null) return apis.length === 1 ? apis[0] : undefined;
  return apis.find(({ identifier }) => identifier === wanted);
}

function chooseApi(request: AccountRequest): AccountAnswer {
  const { link, locale } = request;
  const apis = offeredApis(request).map(({ identifier, name }) => ({
    name: textIn(locale, name),
    choosePath: link(`${path}?${new URLSearchParams({ api: identifier })}`),
  }));
  return { page: 'account/api_key_api', data: { apis, cancelPath: link(listPath) } };
}

function show(api: Api, request: AccountRequest, problem?: Problem): AccountAnswer {
  const { form, isReturning, t, locale, link } = request;
  const isTyped = isReturning || problem !== undefined;
  const chosen = new Set(form.getAll('scope'));
  const choices = lifetimesFor(request);
  const wanted = form.get('expires_in') ?? choices[1] ?? choices[0];
  const { api_key_errors: errors, api_keys: words } = t;
  return {
    page: 'account/api_key_form',
    data: {
      ...{ isReturning, apiName: textIn(locale, api.name), cancelPath: link(listPath) },
      action: link(`${path}?${new URLSearchParams({ api: api.identifier })}`),
      hidden: { key: form.get('key') ?? randomId() },
      name: {
        ...{ name: 'name', label: words.name, value: form.get('name') ?? '' },
        error: problem?.fields.has('name') ? errors.name : undefined,
      },
      scopes: scopesOf(api).map((scope) => ({
        ...{ value: scope, label: scopeTitle(api, scope, request) },
        checked: isTyped && chosen.has(scope),
      })),
      scopesError: problem?.fields.has('scopes') ? errors.scopes : undefined,
      lifetimes: choices.map((value) => ({
        ...{ value, checked: value === wanted },
        label:
          value === never
            ? words.never
            : fill(words.expires_in, { time: lasting(locale, Number(value)) }),
      })),
      lifetimesError: problem?.fields.has('expires_in') ? errors.expires : undefined,
      error: problem?.error,
    },
    ...(problem && { status: 400 }),
  };
}

/** Which fields of the form the service has refused. Throws what it did not refuse for that. */
function refusedFields(error: unknown): Problem['fields'] {
  if (!(error instanceof InvalidFieldsError)) throw error;
  const named = error.errors.map(({ pointer }) => pointer.split('/')[1]);
  return new Set(
    (['name', 'scopes', 'expires_in'] as const).filter((field) => named.includes(field)),
  );
}

async function create(api: Api, request: AccountRequest): Promise<AccountAnswer> {
  const { form, person, by, services, t, link, tell } = request;
  const { apiKeys } = services;
  const { problem, too_many: tooMany } = t.api_key_errors;
  const scopes = form.getAll('scope');
  const lifetime = form.get('expires_in') ?? '';
  const wrong = new Set<'name' | 'scopes' | 'expires_in'>([
    ...(scopes.length === 0 ? (['scopes'] as const) : []),
    ...(lifetimesFor(request).includes(lifetime) ? [] : (['expires_in'] as const)),
  ]);
  if (wrong.size > 0) return show(api, request, { error: problem, fields: wrong });
  if (!mayHaveAnother(await readKeys(request), request)) {
    return show(api, request, { error: tooMany, fields: new Set() });
  }
  try {
    const { record, key } = await apiKeys.create(
      {
        ...{
          name: form.get('name')?.trim() ?? '',
          api: api.identifier,
          scopes,
          user_id: person.id,
        },
        ...(lifetime === never ? { expires_at: null } : { expires_in: Number(lifetime) }),
      },
      { ...by, createdBy: by.actor, idempotencyKey: form.get('key') ?? undefined },
    );
    await tell({ act: 'api_key_created', keyName: record.name });
    return {
      page: 'account/api_key_shown',
      data: { name: record.name, apiKey: key, listPath: link(listPath) },
    };
  } catch (error) {
    return show(api, request, { error: problem, fields: refusedFields(error) });
  }
}

export const newKeyPages: readonly AccountPage[] = [
  {
    ...{ ...common, method: 'GET', name: 'api_keys.new' },
    async handle(request) {
      const api = apiOf(request);
      return api ? show(api, request) : chooseApi(request);
    },
  },
  {
    ...{ ...common, method: 'POST', name: 'api_keys.create' },
    async handle(request) {
      const api = apiOf(request);
      if (!api) throw notThere();
      return create(api, request);
    },
  },
];
