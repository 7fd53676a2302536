/**
 * Operations on projects: consumers of an API, who own API keys.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ChangeContext } from '../../audit/room.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import {
  mayTouchProject,
  type PolicyProject,
  requireAllowed,
  seesProject,
} from '../../operators/room.ts';
import { newProjectSchema, projectChangeSchema } from '../../projects/room.ts';
import type { ProjectRecord } from '../../storage/projects.ts';
import type { AdminCaller } from '../caller.ts';
import { topLevelChanges } from '../merge_patch.ts';
import { operation } from '../operation.ts';
import { noContent, nothing, pageOf, pageQuery, searchQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import {
  changesIn,
  projectReplacement,
  projectSchema,
  projectView,
} from '../views/project_view.ts';
import { onNewest } from '../write_to_newest.ts';

const tag = 'Projects';
const one = z.strictObject({ project_id: z.string().min(1).max(100) });
const answerOf = (record: ProjectRecord) => ({
  result: projectView(record),
  version: record.version,
});
/** By id or name; only one that the caller may see. */
export const foundProject = async (
  { projects }: AdminServices,
  id: string,
  caller: AdminCaller,
) => {
  const record = await (await projects()).get(id);
  if (!seesProject(caller, record.id)) throw noSuchProject();
  return record;
};

/** Throws CardeaError 403 unless the caller may make one of the other. */
const requireTouch = (
  caller: AdminCaller,
  change: { before?: PolicyProject; after?: PolicyProject },
) => requireAllowed(mayTouchProject(caller, change));

export const listProjects = operation({
  id: 'listProjects',
  method: 'GET',
  path: '/projects',
  tag,
  summary: 'List projects, by name',
  scope: 'projects:read',
  params: nothing,
  query: z.strictObject({
    ...pageQuery,
    ...searchQuery,
    api: z.string().min(1).max(maxLength.uri).optional(),
    owner_id: z.string().min(1).max(maxLength.subject).optional(),
  }),
  body: z.undefined(),
  result: pageOf(projectSchema),
  async run({ query: { owner_id, ...query }, caller, services }) {
    const projects = await services.projects();
    const { items, next } = await projects.list({ ...query, ownerId: owner_id });
    const seen = items.filter(({ id }) => seesProject(caller, id));
    return { result: { items: seen.map(projectView), next: next ?? null } };
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
  creates: true,
  idempotent: true,
  params: nothing,
  query: nothing,
  body: newProjectSchema.meta({ id: 'ProjectInput' }),
  result: projectSchema,
  async run({ body, by, caller, services }) {
    const { api, scopes } = body;
    requireTouch(caller, { after: { api, scopes: scopes ?? undefined } });
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
  run: async ({ params, caller, services }) =>
    answerOf(await foundProject(services, params.project_id, caller)),
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
  body: projectReplacement,
  result: projectSchema,
  async run({ params, body, by, caller, services }) {
    const empty = { scopes: null, tier: null, owner_id: null, member_ids: [] };
    return answerOf(
      await replaced({
        id: params.project_id,
        wanted: { ...empty, ...changesIn(body) },
        by,
        caller,
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
  async run({ params, body, by, caller, services }) {
    return answerOf(await replaced({ id: params.project_id, wanted: body, by, caller, services }));
  },
});

/** `wanted`: the members that it should have; what is not there stays. */
async function replaced({
  id,
  wanted,
  by,
  caller,
  services,
}: {
  id: string;
  wanted: Record<string, unknown>;
  by: ChangeContext;
  caller: AdminCaller;
  services: AdminServices;
}): Promise<ProjectRecord> {
  const projects = await services.projects();
  return onNewest({
    expectedVersion: by.expectedVersion,
    read: () => foundProject(services, id, caller),
    write: async (stored) => {
      const has = changesIn(projectView(stored));
      const { scopes = stored.scopes } = wanted as { scopes?: string[] | null };
      requireTouch(caller, {
        before: stored,
        after: { api: stored.api, scopes: scopes ?? undefined },
      });
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
  async run({ params, by, caller, services }) {
    const before = await foundProject(services, params.project_id, caller);
    requireTouch(caller, { before, after: before });
    const { id } = before;
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
  async run({ params, by, caller, services }) {
    const before = await foundProject(services, params.project_id, caller);
    requireTouch(caller, { before, after: before });
    const { id } = before;
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
  async run({ params, by, caller, services }) {
    const before = await foundProject(services, params.project_id, caller);
    requireTouch(caller, { before, after: before });
    const { id } = before;
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

function noSuchProject(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such project.' });
}
