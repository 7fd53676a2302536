/**
 * Makes the client that is an API, and names it there: two operations, of which the second is repeated with the form
 * where it fails. The form makes one client however often it is sent.
 */
import { createClient, getApi, patchApi } from '../../admin/room.ts';
import type { ConsolePage } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import type { Field } from '../parts/fields.ts';
import { apiPath, apisPath, toApis } from './paths.ts';
import { readyView } from './ready.ts';
import { type Api, nameOf } from './shown_api.ts';

const clientId: Field = {
  ...{ name: 'client_id', label: 'Client ID', as: 'text', code: true },
  hint: 'How the API names itself here. Leave it empty to get a random one.',
};

const pages = confirmPage({
  ...{ section: 'apis', path: `${apisPath}/:identifier/new-client`, name: 'apis.new_client' },
  ...{ operation: createClient, read: getApi, submit: 'Create the client' },
  title: (api) => `A client for ${nameOf(api as Api)}`,
  trail(object) {
    const api = object as Api;
    return [toApis, { label: nameOf(api), href: apiPath(api.identifier) }];
  },
  consequences(object) {
    const { client_id: before } = object as Api;
    return [
      'A client is made that gets no tokens itself. With its secret the API introspects its tokens, verifies its API keys, and proves itself at the gateway.',
      'The secret is shown once.',
      ...(before
        ? [`It takes the place of ${before}, which can do none of this for the API any more.`]
        : []),
    ];
  },
  fields: [clientId],
  fixed(object) {
    const { project, ...api } = object as Api;
    return { client_name: nameOf(api), grant_types: [], ...(project && { project }) };
  },
  async done({ body: client, object }, request) {
    const { identifier } = object as Api;
    const { client_id: id, client_secret: secret } = client as Record<string, string>;
    const { call, form } = request;
    const { body } = await call(patchApi, {
      ...{ params: { identifier }, body: { client_id: id } },
      ifMatch: form.get('version') ?? '',
    });
    const api = body as Api;
    const title = `The client of ${nameOf(api)} is ready`;
    return { view: readyView(api, { title, ...(secret && { secret }) }, request) };
  },
});

/** It changes the API as well, which asks for a fresh sign-in, and is not for whoever may not. */
export const clientOfApiPages: readonly ConsolePage[] = pages.map((page) => ({
  ...page,
  operation: patchApi,
}));
