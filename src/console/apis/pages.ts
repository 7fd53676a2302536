/**
 * The pages of APIs: the list, one API with its code, and the forms that create and change one. endings.ts has those
 * that stop one, client_of_api.ts the one that makes its client.
 */
import {
  createApi,
  createClient,
  createRevocation,
  deleteApi,
  disableApi,
  enableApi,
  getApi,
  getApiYaml,
  listApis,
  listAuditEvents,
  listUsage,
  patchApi,
} from '../../admin/room.ts';
import { mayRevoke } from '../../operators/room.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { eventsSection } from '../parts/events_section.ts';
import { enabledFilter } from '../parts/filters.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { type ObjectSection, objectPage } from '../parts/object_page.ts';
import { managerOf, managers, stateOf } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { offeredProjects } from '../projects/offered_projects.ts';
import { clientOfApiPages } from './client_of_api.ts';
import { breaks, dependentsOf } from './dependents.ts';
import { endingPages } from './endings.ts';
import { fieldsToCreate, fieldsToEdit, startingWith, withUserKeys } from './fields.ts';
import { latelySection } from './lately.ts';
import { apiPath, apisPath, newApiPath, revokeTokensOf, toApis } from './paths.ts';
import { callerStep, readyView } from './ready.ts';
import {
  type Api,
  clientsSection,
  factsOf,
  isEditable,
  nameOf,
  noticeOf,
  scopesSection,
} from './shown_api.ts';

const section = 'apis';
const one = `${apisPath}/:identifier` as const;

const list = listPage<Api>({
  ...{ section, path: apisPath, title: 'APIs', operation: listApis },
  intro: 'What tokens are for: each has an identifier, scopes, and rules for its tokens.',
  filters: [{ name: 'text', label: 'Name or identifier' }, enabledFilter],
  columns: [
    { label: 'Name', value: (api) => show.text(nameOf(api)) },
    { label: 'Identifier', value: ({ identifier }) => show.code(identifier) },
    { label: 'Scopes', value: ({ scopes }) => show.text(Object.keys(scopes ?? {}).length) },
    { label: 'Managed by', value: (api) => show.text(managers[api.managed_by]) },
    { label: 'State', value: stateOf },
    { label: 'Changed', value: ({ updated_at: at }) => show.time(at) },
  ],
  hrefOf: ({ identifier }) => apiPath(identifier),
  create: { operation: createApi, label: 'Create an API', href: newApiPath },
  empty: {
    title: 'No APIs yet',
    text: 'An API is what your apps and services call, with a token from here. Name it and its scopes, and copy the code by which it verifies what callers bring.',
  },
});

const create = formPage({
  ...{ section, path: newApiPath, name: 'apis.create', operation: createApi },
  ...{ title: 'Create an API', command: 'Create an API', submit: 'Create API' },
  intro: 'What callers get tokens for. The code that verifies them comes next.',
  trail: () => [toApis],
  fields: async (request) => fieldsToCreate(await offeredProjects(request)),
  defaults: () => startingWith,
  bodyFrom: (members) => withUserKeys(members, { isPatch: false }),
  done({ body }, request) {
    const api = body as Api;
    const steps = callerStep(api, request);
    return { view: readyView(api, { title: `${nameOf(api)} is ready`, steps }, request) };
  },
});

const object = objectPage<Api>({
  ...{ section, path: one, read: getApi, listTitle: 'APIs', listPath: apisPath },
  titleOf: nameOf,
  status: (api) => [stateOf(api), managerOf(api)],
  notice: noticeOf,
  facts: factsOf,
  actions(api, { caller, may }) {
    const { identifier } = api;
    const to = (below: string) => apiPath(identifier, below);
    const canEdit = isEditable(api);
    return [
      { operation: getApi, label: 'Code', href: to('/code') },
      ...(canEdit ? [{ operation: patchApi, label: 'Edit', href: to('/edit') }] : []),
      ...(canEdit && !api.client_id && may(createClient)
        ? [{ operation: patchApi, label: 'Create its client', href: to('/new-client') }]
        : []),
      ...(api.enabled && mayRevoke(caller, 'api').allowed
        ? [
            {
              ...{ operation: createRevocation, label: 'Revoke tokens', danger: true },
              href: revokeTokensOf(identifier),
            },
          ]
        : []),
      ...(api.enabled
        ? [{ operation: disableApi, label: 'Disable', href: to('/disable'), danger: true }]
        : [{ operation: enableApi, label: 'Enable', href: to('/enable') }]),
      ...(canEdit
        ? [{ operation: deleteApi, label: 'Delete', href: to('/delete'), danger: true }]
        : []),
    ];
  },
  sections: sectionsOf,
});

async function sectionsOf(api: Api, request: ConsoleRequest): Promise<readonly ObjectSection[]> {
  const { identifier } = api;
  const { call, may } = request;
  const ofTarget = { target_kind: 'api', target_id: identifier, limit: 10 };
  const [dependents, lately, events, yaml] = await Promise.all([
    dependentsOf(api, request),
    may(listUsage) ? [await latelySection(api, request)] : [],
    may(listAuditEvents)
      ? call(listAuditEvents, { query: ofTarget }).then(({ body }) => [eventsSection(body.items)])
      : [],
    call(getApiYaml, { params: { identifier } }),
  ]);
  const stops = breaks(dependents, { isForGood: false });
  return [
    scopesSection(api),
    ...(dependents.clients ? [clientsSection(api, dependents.clients)] : []),
    ...lately,
    {
      title: 'If it went',
      facts: [{ label: 'What breaks', value: stops.map((text) => show.text(text)) }],
    },
    ...events,
    {
      ...{ title: 'As YAML', text: 'As the declarative file has it.', code: yaml.body },
    },
  ];
}

const code: ConsolePage = {
  ...{ path: `${one}/code`, method: 'GET', name: 'apis.code', section, operation: getApi },
  async handle(request) {
    const { body } = await request.call(getApi, { params: request.params });
    const api = body as Api;
    const steps = callerStep(api, request);
    return { view: readyView(api, { title: `Code for ${nameOf(api)}`, steps }, request) };
  },
};

const edit = formPage({
  ...{ section, path: `${one}/edit`, name: 'apis.edit' },
  ...{ operation: patchApi, read: getApi, submit: 'Save changes' },
  title: (api) => `Edit ${nameOf(api as Api)}`,
  intro:
    'The next request goes by it. Where it takes something away, a scope or a part of the lifetime, all access tokens for it end.',
  trail(_request, object) {
    const api = object as Api;
    return [toApis, { label: nameOf(api), href: apiPath(api.identifier) }];
  },
  fields: async (request, api) =>
    fieldsToEdit(await offeredProjects(request), Object.keys((api as Api).scopes ?? {})),
  defaults: (_request, api) => ({ user_keys: api?.user_key_scopes ? 'some' : 'all' }),
  bodyFrom: (members) => withUserKeys(members, { isPatch: true }),
  done: ({ body }) => ({
    to: apiPath((body as Api).identifier),
    flash: { tone: 'good', text: `${nameOf(body as Api)} is saved.` },
  }),
});

export const apiPages: readonly ConsolePage[] = [
  list,
  ...create,
  object,
  code,
  ...edit,
  ...endingPages,
  ...clientOfApiPages,
];
