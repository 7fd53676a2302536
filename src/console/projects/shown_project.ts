/**
 * A project in words: what its keys are for, who looks after it, and what stops with it.
 */
import type { z } from 'zod';
import {
  type Dependents,
  type getProject,
  getProjectDependents,
  listApiKeys,
} from '../../admin/room.ts';
import { keysSection, keysToShow } from '../api_keys/keys_section.ts';
import { linkedApi } from '../apis/linked_api.ts';
import type { ConsoleRequest } from '../page.ts';
import { countText, endingText, isSome } from '../parts/counts.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { show, type Value } from '../parts/values.ts';
import { userPath } from '../users/paths.ts';
import { usernamesOf } from '../users/usernames.ts';

export type Project = z.input<(typeof getProject)['result']>;
type Asked = Pick<ConsoleRequest, 'call' | 'may'>;

export function factsOf(project: Project, request: Asked): readonly Fact[] {
  return [
    { label: 'Project ID', value: show.code(project.id, { copy: true }) },
    { label: 'API', value: linkedApi(project.api, request) },
    {
      label: 'Scopes',
      value: project.scopes ? show.tags(project.scopes) : show.text('All of the API'),
    },
    { label: 'Tier', value: project.tier ? show.code(project.tier) : show.text('The default') },
    { label: 'Created', value: show.time(project.created_at) },
    { label: 'Changed', value: show.time(project.updated_at) },
    ...(project.disabled_at ? [{ label: 'Disabled', value: show.time(project.disabled_at) }] : []),
  ];
}

export async function sectionsOf(
  project: Project,
  request: Asked,
): Promise<readonly ObjectSection[]> {
  const keys = await keysOf(project, request);
  const stops = keysStop(await dependentsOf(project, request));
  const [owners, members] = await Promise.all([
    usersBy(project.owner_id === null ? [] : [project.owner_id], request),
    usersBy(project.member_ids, request),
  ]);
  return [
    ...(keys ? [keysSection({ project_id: project.id }, keys)] : []),
    {
      title: 'People',
      facts: [
        { label: 'Owner', value: owners.length > 0 ? owners : show.nothing },
        { label: 'Members', value: members.length > 0 ? members : show.nothing },
      ],
    },
    {
      title: 'If it were disabled',
      facts: [{ label: 'What breaks', value: stops.map((text) => show.text(text)) }],
    },
  ];
}

/** Undefined: the operator may not see them. */
async function keysOf({ id }: Project, { call, may }: Asked) {
  if (!may(listApiKeys)) return undefined;
  return (await call(listApiKeys, { query: { project_id: id, limit: keysToShow } })).body;
}

/** What ends where the project is disabled or deleted, as of now. */
export async function dependentsOf(
  { id }: Project,
  { call }: Pick<Asked, 'call'>,
): Promise<Dependents> {
  return (await call(getProjectDependents, { params: { project_id: id } })).body;
}

export function keysStop(dependents: Dependents): readonly string[] {
  const { api_keys: keys } = dependents;
  const ending = endingText(dependents);
  return [
    isSome(keys)
      ? `${countText(keys, 'API key')}: APIs refuse them with the next request that asks here.`
      : 'It has no API key.',
    ...(ending
      ? [
          `What the keys were exchanged for ends: ${ending}. Here at once, at verifiers that follow the status lists within seconds.`,
        ]
      : []),
  ];
}

/** Links to users, by their names where they can be read. */
async function usersBy(ids: readonly string[], request: Asked): Promise<readonly Value[]> {
  const names = await usernamesOf(ids, request);
  return ids.map((id) => show.link(names.get(id) ?? id, userPath(id)));
}
