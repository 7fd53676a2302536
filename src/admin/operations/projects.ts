/**
 * Operations on projects: consumers of an API, who own API keys.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ChangeContext } from '../../audit/room.ts';
import { newProjectSchema, projectChangeSchema } from '../../projects/room.ts';
import type { ProjectRecord } from '../../storage/projects.ts';
import { topLevelChanges } from '../merge_patch.ts';
import { operation } from '../operation.ts';
import { noContent, nothing, pageOf, pageQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { changesIn, projectSchema, projectView } from '../views/project_view.ts';
import { onNewest } from '../write_to_newest.ts';

const tag = 'Projects';
const one = z.strictObject({ project_id: z.string().min(1).max(100) });
const answerOf = (record: ProjectRecord) => ({
  result: projectView(record),
  version: record.version,
});
const found = async ({ projects }: AdminServices, id: string) => (await projects()).get(id);

export const listProjects = operation({
  id: 'listProjects',
  method: 'GET',
  path: '/projects',
  tag,
  summary: 'List projects, by name',
  scope: 'projects:read',
  params: nothing,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(projectSchema),
  async run({ query: { limit, after }, services }) {
    const records = await (await services.projects()).list({ after, limit: limit + 1 });
    const items = records.slice(0, limit).map(projectView);
    return {
      result: { items, next: records.length > limit ? (items.at(-1)?.name ?? null) : null },
    };
  },
});

export const createProject = operation({
  id: 'createProject',
  method: 'POST',
  path: '/projects',
  tag,
  summary: 'Create a project',
  scope: 'projects:write',
  errors: ['already_exists'],
  events: ['project.created'],
  idempotent: true,
  params: nothing,
  query: nothing,
  body: newProjectSchema.meta({ id: 'ProjectInput' }),
  result: projectSchema,
  async run({ body, by, services }) {
    const record = await (await services.projects()).create(body, by);
    return { ...answerOf(record), createdAt: `/projects/${encodeURIComponent(record.id)}` };
  },
});

export const getProject = operation({
  id: 'getProject',
  method: 'GET',
  path: '/projects/{project_id}',
  tag,
  summary: 'Read a project, by id or name',
  scope: 'projects:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: projectSchema,
  run: async ({ params, services }) => answerOf(await found(services, params.project_id)),
});

export const putProject = operation({
  id: 'putProject',
  method: 'PUT',
  path: '/projects/{project_id}',
  tag,
  summary: 'Replace what can be changed of a project',
  description: 'Its API stays. The same request again changes nothing.',
  scope: 'projects:write',
  errors: ['already_exists'],
  events: ['project.updated', 'revocation.api_key_tokens'],
  versioned: true,
  params: one,
  query: nothing,
  body: z.looseObject(projectChangeSchema.shape).meta({ id: 'ProjectReplacement' }),
  result: projectSchema,
  async run({ params, body, by, services }) {
    const empty = { scopes: null, tier: null, owner_id: null, member_ids: [] };
    return answerOf(
      await replaced({
        id: params.project_id,
        wanted: { ...empty, ...changesIn(body) },
        by,
        services,
      }),
    );
  },
});

export const patchProject = operation({
  id: 'patchProject',
  method: 'PATCH',
  path: '/projects/{project_id}',
  tag,
  summary: 'Change members of a project',
  description: 'Tokens that were exchanged for its keys end where its scopes change.',
  scope: 'projects:write',
  errors: ['already_exists'],
  events: ['project.updated', 'revocation.api_key_tokens'],
  versioned: true,
  params: one,
  query: nothing,
  body: projectChangeSchema.meta({ id: 'ProjectPatch' }),
  result: projectSchema,
  async run({ params, body, by, services }) {
    return answerOf(await replaced({ id: params.project_id, wanted: body, by, services }));
  },
});

/** `wanted`: the members that it should have; what is not there stays. */
async function replaced({
  id,
  wanted,
  by,
  services,
}: {
  id: string;
  wanted: Record<string, unknown>;
  by: ChangeContext;
  services: AdminServices;
}): Promise<ProjectRecord> {
  const projects = await services.projects();
  return onNewest({
    expectedVersion: by.expectedVersion,
    read: () => projects.get(id),
    write: async (stored) => {
      const has = changesIn(projectView(stored));
      const changes = topLevelChanges(has, { ...has, ...wanted }, isDeepStrictEqual);
      if (!changes) return stored;
      const on: ChangeContext = { ...by, expectedVersion: stored.version };
      return projects.update(stored.id, changes, on);
    },
  });
}

export const deleteProject = operation({
  id: 'deleteProject',
  method: 'DELETE',
  path: '/projects/{project_id}',
  tag,
  summary: 'Delete a project without active keys',
  scope: 'projects:write',
  errors: ['has_keys'],
  events: ['project.deleted'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, services }) {
    const { id } = await found(services, params.project_id);
    await (await services.projects()).remove(id, by);
    return { result: undefined };
  },
});

export const disableProject = operation({
  id: 'disableProject',
  method: 'POST',
  path: '/projects/{project_id}/disable',
  tag,
  summary: 'Block all keys of a project',
  scope: 'projects:write',
  events: ['project.disabled', 'revocation.api_key_tokens'],
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: projectSchema,
  async run({ params, by, services }) {
    const { id } = await found(services, params.project_id);
    return answerOf(await (await services.projects()).disable(id, by));
  },
});

export const enableProject = operation({
  id: 'enableProject',
  method: 'POST',
  path: '/projects/{project_id}/enable',
  tag,
  summary: 'Let the keys of a project in again',
  scope: 'projects:write',
  events: ['project.enabled'],
  params: one,
  query: nothing,
  body: nothing,
  result: projectSchema,
  async run({ params, by, services }) {
    const { id } = await found(services, params.project_id);
    return answerOf(await (await services.projects()).enable(id, by));
  },
});

export const projectOperations = [
  listProjects,
  createProject,
  getProject,
  putProject,
  patchProject,
  deleteProject,
  disableProject,
  enableProject,
] as const;
