/**
 * The pages of API keys: the list, one key, and the forms that create and change one. endings.ts has those that replace,
 * block and end one.
 */
import {
  createApiKey,
  disableApiKey,
  enableApiKey,
  getApiKey,
  listApiKeys,
  patchApiKey,
  revokeApiKey,
  rotateApiKey,
} from '../../admin/room.ts';
import { mayTouchApiKey } from '../../operators/room.ts';
import { offeredApis, offeredIdentifiers } from '../apis/offered_apis.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { offeredProjects } from '../projects/offered_projects.ts';
import { tierField } from '../tiers/tier_field.ts';
import { offeredUsers } from '../users/offered_users.ts';
import { operatorOf } from '../users/operator_of.ts';
import { endingPages } from './endings.ts';
import { fieldsToCreate, fieldsToEdit } from './fields.ts';
import { keyShownOnce } from './key_shown_once.ts';
import { apiKeyPath, apiKeysPath, newApiKeyPath, toApiKeys, trailTo } from './paths.ts';
import {
  type ApiKey,
  factsOf,
  hasEnded,
  noticeOf,
  ownerOf,
  sectionsOf,
  stateOf,
} from './shown_key.ts';

const section = 'api_keys';
const withoutTier = 'That of its project, or the default';

const list = listPage<ApiKey>({
  ...{ section, path: apiKeysPath, title: 'API keys', operation: listApiKeys },
  intro: 'Keys that programs send to your APIs, which have them verified here.',
  filters: [
    { name: 'text', label: 'Name or first characters' },
    { name: 'project_id', label: 'Project ID', offers: offeredProjects },
    { name: 'user_id', label: 'User (subject)' },
    { name: 'api', label: 'API', offers: offeredIdentifiers },
  ],
  columns: [
    { label: 'Name', value: ({ name }) => show.text(name) },
    { label: 'Key', value: ({ display }) => show.code(display) },
    { label: 'API', value: ({ api }) => show.code(api) },
    { label: 'Owner', value: ownerOf },
    { label: 'State', value: stateOf },
    { label: 'Last used', value: ({ last_used_at: at }) => show.time(at) },
    { label: 'Expires', value: ({ expires_at: at }) => show.time(at) },
  ],
  hrefOf: ({ id }) => apiKeyPath(id),
  create: { operation: createApiKey, label: 'Create an API key', href: newApiKeyPath },
  empty: {
    title: 'No API keys yet',
    text: 'An API key lets a program call one API without signing anybody in. It belongs to a project or to a user, and stops with the next request once you disable it.',
  },
});

const create = formPage({
  ...{ section, path: newApiKeyPath, name: 'api_keys.create', operation: createApiKey },
  ...{ title: 'Create an API key', command: 'Create an API key', submit: 'Create API key' },
  intro: 'It is shown once. Give it exactly one owner: a project or a user.',
  trail: () => [toApiKeys],
  async fields(request) {
    const [apis, projects, users, tier] = await Promise.all([
      offeredApis(request),
      offeredProjects(request),
      offeredUsers(request),
      tierField(request, { none: withoutTier }),
    ]);
    const api = request.query.get('api') ?? undefined;
    return fieldsToCreate({ apis, projects, users, tier, api });
  },
  /** What the link that led here knows: the owner, the API. */
  defaults: ({ query }) => ({
    ...{ environment: 'live', expires_in: '' },
    ...Object.fromEntries(
      ['api', 'project_id', 'user_id'].flatMap((name) => {
        const value = query.get(name);
        return value ? [[name, value]] : [];
      }),
    ),
  }),
  done({ body }, { issuer }) {
    const made = body as ApiKey & { key: string };
    return { view: keyShownOnce(made, { title: `${made.name} is ready`, issuer }) };
  },
});

/** Whether the person has the rights that the key has; to stop it, nobody needs them. */
async function isTouchable(key: ApiKey, request: ConsoleRequest): Promise<boolean> {
  const { api, scopes, project_id: projectId, user_id: userId } = key;
  const grant = userId === undefined ? undefined : await operatorOf(userId, request);
  const side = { api, scopes, projectId, userId };
  return mayTouchApiKey(request.caller, { before: side, after: side }, () => grant).allowed;
}

const object = objectPage<ApiKey>({
  ...{ section, path: `${apiKeysPath}/:key_id`, read: getApiKey },
  ...{ listTitle: 'API keys', listPath: apiKeysPath },
  titleOf: ({ name }) => name,
  status: (key) => [stateOf(key)],
  notice: noticeOf,
  facts: factsOf,
  async actions(key, request) {
    const to = (below: string) => apiKeyPath(key.id, below);
    if (hasEnded(key)) return [];
    const isBlocked = key.disabled_at !== undefined;
    const isMine = await isTouchable(key, request);
    const canRotate = isMine && key.state === 'active' && key.replaced_by === undefined;
    return [
      ...(isMine ? [{ operation: patchApiKey, label: 'Edit', href: to('/edit') }] : []),
      ...(canRotate ? [{ operation: rotateApiKey, label: 'Rotate', href: to('/rotate') }] : []),
      ...(isBlocked && isMine
        ? [{ operation: enableApiKey, label: 'Enable', href: to('/enable') }]
        : []),
      ...(isBlocked
        ? []
        : [{ operation: disableApiKey, label: 'Disable', href: to('/disable'), danger: true }]),
      { operation: revokeApiKey, label: 'Revoke', href: to('/revoke'), danger: true },
    ];
  },
  sections: sectionsOf,
});

const edit = formPage({
  ...{ section, path: `${apiKeysPath}/:key_id/edit`, name: 'api_keys.edit' },
  ...{ operation: patchApiKey, read: getApiKey, submit: 'Save changes' },
  title: (key) => `Edit ${(key as ApiKey).name}`,
  intro: 'Tokens that it was exchanged for end where they could do more than the key.',
  trail: (_request, key) => trailTo(key as ApiKey),
  async fields(request, key) {
    const { api, tier: stored } = key as ApiKey;
    const [apis, tier] = await Promise.all([
      offeredApis(request),
      tierField(request, { none: withoutTier, stored }),
    ]);
    return fieldsToEdit({ ofApi: apis.find(({ identifier }) => identifier === api), tier });
  },
  done: ({ body }) => ({
    to: apiKeyPath((body as ApiKey).id),
    flash: { tone: 'good', text: `${(body as ApiKey).name} is saved.` },
  }),
});

export const apiKeyPages: readonly ConsolePage[] = [
  list,
  ...create,
  object,
  ...edit,
  ...endingPages,
];
