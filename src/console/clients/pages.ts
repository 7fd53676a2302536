/**
 * The pages of clients.
 */
import {
  createClient,
  createRevocation,
  deleteClient,
  disableClient,
  enableClient,
  getClient,
  listClients,
  patchClient,
  rotateClientSecret,
} from '../../admin/room.ts';
import { durationText } from '../../definitions/durations.ts';
import { clientSecretOverlap } from '../../definitions/lifetimes.ts';
import { needsSecret } from '../../definitions/oauth.ts';
import { mayRevoke } from '../../operators/room.ts';
import { apiOfClient, offeredApis, offeredIdentifiers } from '../apis/offered_apis.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { enabledFilter } from '../parts/filters.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { secretView } from '../parts/secret_view.ts';
import { managerOf, managers, stateOf } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { fieldsToCreate, fieldsToEdit, storedDefaults } from './fields.ts';
import { clientKinds, kindById, kindOf } from './kinds.ts';
import { clientPath, clientsPath, newClientPath, revokeTokensOf } from './paths.ts';
import { fateOfSecrets } from './secrets_section.ts';
import {
  breaks,
  type Client,
  factsOf,
  isEditable,
  isTouchable,
  nameOf,
  noticeOf,
  sectionsOf,
} from './shown_client.ts';
import { starterSteps } from './starter_code.ts';

const section = 'clients';
const toList = { label: 'Clients', href: clientsPath };
const trailTo = (client: Client) => [
  toList,
  { label: nameOf(client), href: clientPath(client.client_id) },
];

const list = listPage<Client>({
  ...{ section, path: clientsPath, title: 'Clients', operation: listClients },
  intro: 'The apps, services and APIs that sign people in here or get tokens.',
  filters: [
    { name: 'text', label: 'Name or client ID' },
    { name: 'api', label: 'API', offers: offeredIdentifiers },
    enabledFilter,
    {
      ...{ name: 'source', label: 'Came from' },
      options: [
        { value: 'operator', label: 'Operators' },
        { value: 'file', label: 'Declarative file' },
        { value: 'dynamic', label: 'Registration with a token' },
        { value: 'open', label: 'Open registration' },
        { value: 'document', label: 'Metadata document' },
      ],
    },
  ],
  columns: [
    { label: 'Name', value: (client) => show.text(nameOf(client)) },
    { label: 'Client ID', value: ({ client_id: id }) => show.code(id) },
    { label: 'Kind', value: (client) => show.text(kindOf(client)?.label) },
    { label: 'Managed by', value: (client) => show.text(managers[client.managed_by]) },
    { label: 'State', value: stateOf },
    { label: 'Last used', value: ({ last_used_at: at }) => show.time(at) },
  ],
  hrefOf: ({ client_id: id }) => clientPath(id),
  create: { operation: createClient, label: 'Create a client', href: newClientPath },
  empty: {
    title: 'No clients yet',
    text: 'A client is an app that signs people in here, a service that gets tokens for itself, or an API that checks them. Create one, and copy the code that uses it.',
  },
});

/** Which kind of app it is decides on the form that follows. */
const chooseKind: ConsolePage = {
  ...{ path: newClientPath, method: 'GET', name: 'clients.choose_kind', section },
  ...{ operation: createClient, command: 'Create a client' },
  async handle() {
    return {
      view: {
        ...{ title: 'Create a client', trail: [toList], template: 'choices' },
        data: {
          intro:
            'What do you build? It decides on sensible defaults; all of them can be changed later.',
          choices: clientKinds.map(({ id, label, hint }) => ({
            ...{ label, hint, href: `${newClientPath}/${id}` },
          })),
        },
      },
    };
  },
};

const kindIn = ({ params }: ConsoleRequest) => kindById(params.kind ?? null) ?? clientKinds[0];

const create = formPage({
  ...{ section, path: `${newClientPath}/:kind`, name: 'clients.create', operation: createClient },
  title: (_client, request) => `Create a client: ${kindIn(request)?.label.toLowerCase()}`,
  intro: (request) => kindIn(request)?.hint ?? '',
  trail: () => [toList, { label: 'Create a client', href: newClientPath }],
  fields: async (request) => {
    const kind = kindIn(request);
    return kind ? fieldsToCreate(kind, await offeredApis(request)) : [];
  },
  /** `api`: from the page of one, where a client for it is made. */
  defaults: (request) => {
    const api = request.query.get('api');
    return { consent: 'ask', ...kindIn(request)?.metadata, ...(api && { apis: [api] }) };
  },
  fixed: (request) => ({ ...kindIn(request)?.metadata }),
  submit: 'Create client',
  done({ body }, { issuer }) {
    const { client_secret: secret, ...client } = body as Client & { client_secret?: string };
    return {
      view: {
        ...{ title: `${nameOf(client)} is ready`, trail: trailTo(client), template: 'secret' },
        data: secretView({
          secret: secret && { label: 'Client secret', value: secret },
          facts: [
            { label: 'Client ID', value: show.code(client.client_id, { copy: true }) },
            { label: 'Issuer', value: show.code(issuer, { copy: true }) },
          ],
          steps: starterSteps(kindOf(client), { issuer, client, secret }),
          next: { label: 'Go to the client', href: clientPath(client.client_id) },
        }),
      },
    };
  },
});

const object = objectPage<Client>({
  ...{ section, path: `${clientsPath}/:client_id`, read: getClient },
  ...{ listTitle: 'Clients', listPath: clientsPath },
  titleOf: nameOf,
  status: (client) => [stateOf(client), managerOf(client)],
  notice: noticeOf,
  facts: factsOf,
  actions(client, { caller }) {
    const to = (below: string) => clientPath(client.client_id, below);
    if (client.managed_by === 'built_in') return [];
    const isMine = isTouchable(client, caller);
    const canRotate = isMine && client.enabled && needsSecret(client.token_endpoint_auth_method);
    const canEdit = isMine && isEditable(client);
    return [
      { operation: getClient, label: 'Code', href: to('/code') },
      ...(canEdit ? [{ operation: patchClient, label: 'Edit', href: to('/edit') }] : []),
      ...(canRotate
        ? [{ operation: rotateClientSecret, label: 'New secret', href: to('/new-secret') }]
        : []),
      ...(client.enabled && mayRevoke(caller, 'client').allowed
        ? [
            {
              ...{ operation: createRevocation, label: 'Revoke tokens', danger: true },
              href: revokeTokensOf(client.client_id),
            },
          ]
        : []),
      ...(client.enabled
        ? [{ operation: disableClient, label: 'Disable', href: to('/disable'), danger: true }]
        : []),
      ...(!client.enabled && isMine
        ? [{ operation: enableClient, label: 'Enable', href: to('/enable') }]
        : []),
      ...(canEdit
        ? [{ operation: deleteClient, label: 'Delete', href: to('/delete'), danger: true }]
        : []),
    ];
  },
  sections: sectionsOf,
});

const code: ConsolePage = {
  ...{ path: `${clientsPath}/:client_id/code`, method: 'GET', name: 'clients.code', section },
  operation: getClient,
  async handle(request) {
    const { call, params, issuer } = request;
    const { body: client } = await call(getClient, { params });
    const isApi = await apiOfClient(client.client_id, request);
    return {
      view: {
        ...{ title: `Code for ${nameOf(client)}`, trail: trailTo(client), template: 'secret' },
        data: secretView({
          facts: [],
          steps: starterSteps(kindOf(client), { issuer, client, secret: undefined, isApi }),
          next: { label: 'Back to the client', href: clientPath(client.client_id) },
        }),
      },
    };
  },
};

const edit = formPage({
  ...{ section, path: `${clientsPath}/:client_id/edit`, name: 'clients.edit' },
  ...{ operation: patchClient, read: getClient, submit: 'Save changes' },
  title: (client) => `Edit ${nameOf(client as Client)}`,
  trail: (_request, client) => trailTo(client as Client),
  fields: async (request) => fieldsToEdit(await offeredApis(request)),
  defaults: () => storedDefaults,
  done: ({ body }) => ({
    to: clientPath((body as Client).client_id),
    flash: { tone: 'good', text: `${nameOf(body as Client)} is saved.` },
  }),
});

const disable = confirmPage({
  ...{ section, path: `${clientsPath}/:client_id/disable`, name: 'clients.disable' },
  ...{ operation: disableClient, read: getClient, submit: 'Disable client', danger: true },
  title: (client) => `Disable ${nameOf(client as Client)}?`,
  trail: (client) => trailTo(client as Client),
  consequences: async (client, request) => [
    ...(await breaks(client as Client, request)),
    'It can be enabled again. What ended stays ended: apps and people begin anew.',
  ],
  done: ({ object }) => ({
    to: clientPath((object as Client).client_id),
    flash: {
      tone: 'good',
      text: `${nameOf(object as Client)} is disabled, and what it had is revoked.`,
    },
  }),
});

const enable = confirmPage({
  ...{ section, path: `${clientsPath}/:client_id/enable`, name: 'clients.enable' },
  ...{ operation: enableClient, read: getClient, submit: 'Enable client' },
  title: (client) => `Enable ${nameOf(client as Client)}?`,
  trail: (client) => trailTo(client as Client),
  consequences: () => [
    'It may get tokens again, with the secrets that it had. Nothing that was revoked comes back.',
  ],
  done: ({ object }) => ({
    to: clientPath((object as Client).client_id),
    flash: { tone: 'good', text: `${nameOf(object as Client)} is enabled.` },
  }),
});

const remove = confirmPage({
  ...{ section, path: `${clientsPath}/:client_id/delete`, name: 'clients.delete' },
  ...{ operation: deleteClient, read: getClient, submit: 'Delete client', danger: true },
  title: (client) => `Delete ${nameOf(client as Client)}?`,
  trail: (client) => trailTo(client as Client),
  consequences: async (client, request) => [
    ...(await breaks(client as Client, request)),
    'Consents of people to it are gone.',
    'This cannot be undone. To stop it for a while, disable it instead.',
  ],
  typed: (client) => (client as Client).client_id,
  done: ({ object }) => ({
    to: clientsPath,
    flash: {
      tone: 'good',
      text: `${nameOf(object as Client)} is deleted, and what it had is revoked.`,
    },
  }),
});

const newSecret = confirmPage({
  ...{ section, path: `${clientsPath}/:client_id/new-secret`, name: 'clients.new_secret' },
  ...{ operation: rotateClientSecret, read: getClient, submit: 'Create the new secret' },
  title: (client) => `A new secret for ${nameOf(client as Client)}`,
  trail: (client) => trailTo(client as Client),
  consequences: (client, { now }) => fateOfSecrets(client as Client, now),
  fields: [
    {
      ...{ name: 'overlap', label: 'Overlap in seconds', as: 'number' },
      hint: `How long the old secret stays valid; ${clientSecretOverlap} is ${durationText(clientSecretOverlap)}. 0 ends it now: for a secret that leaked.`,
    },
  ],
  defaults: { overlap: clientSecretOverlap },
  done({ body }) {
    const { client_secret: secret = '', ...client } = body as Client & { client_secret?: string };
    return {
      view: {
        ...{ title: `The new secret of ${nameOf(client)}`, template: 'secret' },
        trail: trailTo(client),
        data: secretView({
          secret: { label: 'Client secret', value: secret },
          facts: client.secrets.slice(1).map(({ expires_at: at }) => ({
            label: 'The old one ends',
            value: show.time(at),
          })),
          steps: [],
          next: { label: 'Go to the client', href: clientPath(client.client_id) },
        }),
      },
    };
  },
});

export const clientPages: readonly ConsolePage[] = [
  list,
  chooseKind,
  ...create,
  object,
  code,
  ...edit,
  ...disable,
  ...enable,
  ...remove,
  ...newSecret,
];
