/**
 * Pages that stop an API, and the one that has tokens issued for it again. Each says what depends on it.
 */
import { deleteApi, disableApi, enableApi, getApi } from '../../admin/room.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { breaks, dependentsOf, tokensHit } from './dependents.ts';
import { apiPath, apisPath, toApis } from './paths.ts';
import { type Api, nameOf } from './shown_api.ts';

const section = 'apis' as const;
const one = `${apisPath}/:identifier` as const;

const common = {
  ...{ section, read: getApi },
  trail(object: object) {
    const api = object as Api;
    return [toApis, { label: nameOf(api), href: apiPath(api.identifier) }];
  },
} as const;

const stops = async (object: object, request: ConsoleRequest, isForGood: boolean) => {
  const api = object as Api;
  return [
    ...breaks(await dependentsOf(api, request), { isForGood }),
    ...(await tokensHit(api, request)),
  ];
};

const back = (object: object, text: string) => ({
  to: apiPath((object as Api).identifier),
  flash: { tone: 'good' as const, text: `${nameOf(object as Api)} ${text}` },
});

const disable = confirmPage({
  ...{ ...common, path: `${one}/disable`, name: 'apis.disable', operation: disableApi },
  ...{ submit: 'Disable API', danger: true },
  title: (api) => `Disable ${nameOf(api as Api)}?`,
  consequences: async (api, request) => [
    ...(await stops(api, request, false)),
    'It can be enabled again: API keys, consents and refresh tokens work again then. Access tokens that ended stay ended.',
  ],
  done: ({ object }) => back(object, 'is disabled, and its access tokens are revoked.'),
});

const enable = confirmPage({
  ...{ ...common, path: `${one}/enable`, name: 'apis.enable', operation: enableApi },
  submit: 'Enable API',
  title: (api) => `Enable ${nameOf(api as Api)}?`,
  consequences: () => [
    'Clients get tokens for it again, and its API keys are accepted again.',
    'Access tokens that ended do not come back.',
  ],
  done: ({ object }) => back(object, 'is enabled.'),
});

const remove = confirmPage({
  ...{ ...common, path: `${one}/delete`, name: 'apis.delete', operation: deleteApi },
  ...{ submit: 'Delete API', danger: true },
  title: (api) => `Delete ${nameOf(api as Api)}?`,
  consequences: async (api, request) => [
    ...(await stops(api, request, true)),
    'This cannot be undone: an API that gets the identifier later is another one, and nothing that this one was granted is for it. To stop it for a while, disable it instead.',
  ],
  typed: (api) => (api as Api).identifier,
  done: ({ object }) => ({
    ...back(object, 'is deleted, and its access tokens are revoked.'),
    to: apisPath,
  }),
});

export const endingPages: readonly ConsolePage[] = [...disable, ...enable, ...remove];
