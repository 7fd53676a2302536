/**
 * The pages of projects.
 */
import {
  createApiKey,
  createProject,
  deleteProject,
  disableProject,
  enableProject,
  getProject,
  listProjects,
  patchProject,
} from '../../admin/room.ts';
import { mayTouchProject } from '../../operators/room.ts';
import { newApiKeyOf } from '../api_keys/paths.ts';
import { offeredApis, offeredIdentifiers } from '../apis/offered_apis.ts';
import type { ConsolePage } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { isSome, numberText } from '../parts/counts.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { stateOf } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { tierField } from '../tiers/tier_field.ts';
import { offeredUsers } from '../users/offered_users.ts';
import { fieldsToCreate, fieldsToEdit } from './fields.ts';
import { newProjectPath, projectPath, projectsPath, toProjects, trailTo } from './paths.ts';
import { dependentsOf, factsOf, keysStop, type Project, sectionsOf } from './shown_project.ts';

const section = 'projects' as const;
const one = `${projectsPath}/:project_id` as const;

const withoutTier = 'The default';

const common = {
  ...{ section, read: getProject },
  trail: (project: object) => trailTo(project as Project),
} as const;

const back = (project: object, text: string) => ({
  to: projectPath((project as Project).id),
  flash: { tone: 'good' as const, text },
});

const list = listPage<Project>({
  ...{ section, path: projectsPath, title: 'Projects', operation: listProjects },
  intro: 'Consumers of an API: teams, customers and systems, who own its keys.',
  filters: [
    { name: 'text', label: 'Name' },
    { name: 'api', label: 'API', offers: offeredIdentifiers },
    { name: 'owner_id', label: 'Owner (subject)', offers: offeredUsers },
  ],
  columns: [
    { label: 'Name', value: ({ name }) => show.text(name) },
    { label: 'API', value: ({ api }) => show.code(api) },
    { label: 'Tier', value: ({ tier }) => show.code(tier) },
    { label: 'Members', value: ({ member_ids: ids }) => show.text(ids.length) },
    { label: 'State', value: stateOf },
    { label: 'Changed', value: ({ updated_at: at }) => show.time(at) },
  ],
  hrefOf: ({ id }) => projectPath(id),
  create: { operation: createProject, label: 'Create a project', href: newProjectPath },
  empty: {
    title: 'No projects yet',
    text: 'A project is a consumer of one API. Its keys share what they may do and their limits, and stop together.',
  },
});

const create = formPage({
  ...{ section, path: newProjectPath, name: 'projects.create', operation: createProject },
  ...{ title: 'Create a project', command: 'Create a project', submit: 'Create project' },
  trail: () => [toProjects],
  async fields(request) {
    const [apis, users, tier] = await Promise.all([
      offeredApis(request),
      offeredUsers(request),
      tierField(request, { none: withoutTier }),
    ]);
    return fieldsToCreate({ apis, users, tier });
  },
  done: ({ body }) => back(body, `${(body as Project).name} is created.`),
});

const object = objectPage<Project>({
  ...{ section, path: one, read: getProject, listTitle: 'Projects', listPath: projectsPath },
  titleOf: ({ name }) => name,
  status: (project) => [stateOf(project)],
  facts: factsOf,
  actions({ id, api, scopes, enabled }, { caller }) {
    const to = (below: string) => projectPath(id, below);
    const side = { api, scopes: scopes ?? undefined };
    const createKey = {
      ...{ operation: createApiKey, label: 'Create API key' },
      href: newApiKeyOf({ project_id: id, api }),
    };
    if (!mayTouchProject(caller, { before: side, after: side }).allowed) return [createKey];
    return [
      createKey,
      { operation: patchProject, label: 'Edit', href: to('/edit') },
      enabled
        ? { operation: disableProject, label: 'Disable', href: to('/disable'), danger: true }
        : { operation: enableProject, label: 'Enable', href: to('/enable') },
      { operation: deleteProject, label: 'Delete', href: to('/delete'), danger: true },
    ];
  },
  sections: sectionsOf,
});

const edit = formPage({
  ...{ section, path: `${one}/edit`, name: 'projects.edit' },
  ...{ operation: patchProject, read: getProject, submit: 'Save changes' },
  title: (project) => `Edit ${(project as Project).name}`,
  intro: 'Where its scopes change, tokens that its keys were exchanged for end.',
  trail: (_request, project) => trailTo(project as Project),
  async fields(request, project) {
    const { api, tier: stored } = project as Project;
    const [apis, users, tier] = await Promise.all([
      offeredApis(request),
      offeredUsers(request),
      tierField(request, { none: withoutTier, stored }),
    ]);
    const ofApi = apis.find(({ identifier }) => identifier === api);
    return fieldsToEdit({ ofApi, users, tier });
  },
  done: ({ body }) => back(body, `${(body as Project).name} is saved.`),
});

const disable = confirmPage({
  ...{ ...common, path: `${one}/disable`, name: 'projects.disable', operation: disableProject },
  ...{ submit: 'Disable project', danger: true },
  title: (project) => `Disable ${(project as Project).name}?`,
  consequences: async (project, request) => [
    ...keysStop(await dependentsOf(project as Project, request)),
    'It can be enabled again, and its keys work again then.',
  ],
  done: ({ object: project }) => back(project, `${(project as Project).name} is disabled.`),
});

const enable = confirmPage({
  ...{ ...common, path: `${one}/enable`, name: 'projects.enable', operation: enableProject },
  submit: 'Enable project',
  title: (project) => `Enable ${(project as Project).name}?`,
  consequences: () => [
    'Its keys work again, except those that were disabled or revoked themselves.',
  ],
  done: ({ object: project }) => back(project, `${(project as Project).name} is enabled.`),
});

const remove = confirmPage({
  ...{ ...common, path: `${one}/delete`, name: 'projects.delete', operation: deleteProject },
  ...{ submit: 'Delete project', danger: true },
  title: (project) => `Delete ${(project as Project).name}?`,
  consequences: async (project, request) => {
    const { api_keys: keys } = await dependentsOf(project as Project, request);
    return [
      isSome(keys)
        ? `It is not deleted while it has keys that have not ended: now ${numberText(keys)}. Revoke them first.`
        : 'It has no key that has not ended, so nothing stops.',
      'This cannot be undone. To stop its keys for a while, disable it instead.',
    ];
  },
  typed: (project) => (project as Project).name,
  done: ({ object: project }) => ({
    to: projectsPath,
    flash: { tone: 'good', text: `${(project as Project).name} is deleted.` },
  }),
});

export const projectPages: readonly ConsolePage[] = [
  list,
  ...create,
  object,
  ...edit,
  ...disable,
  ...enable,
  ...remove,
];
