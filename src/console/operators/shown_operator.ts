/**
 * An operator in words: in which role, since when, and what keeps it from being changed.
 */
import type { z } from 'zod';
import { type getOperator, getProject, listAuditEvents, listOperators } from '../../admin/room.ts';
import { textOfRole } from '../../definitions/operator_roles.ts';
import { CardeaError } from '../../errors.ts';
import { maySetOperator } from '../../operators/room.ts';
import type { ConsoleRequest } from '../page.ts';
import { eventsSection } from '../parts/events_section.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { managers } from '../parts/states.ts';
import { show, type Value } from '../parts/values.ts';
import { projectPath } from '../projects/paths.ts';
import { userPath } from '../users/paths.ts';
import { operatorPath, toOperators } from './paths.ts';
import { factsOfRole, roleName } from './roles.ts';

export type Operator = z.input<(typeof getOperator)['result']>;
type Asked = Pick<ConsoleRequest, 'call' | 'may' | 'caller'>;

/** `hindrance`: why the person who looks cannot change it; undefined: they can. */
export type ShownOperator = Operator & { hindrance: string | undefined };

export function nameOf({ username, user_id: id }: Operator): string {
  return username ?? id;
}

export function trailTo(operator: Operator) {
  return [toOperators, { label: nameOf(operator), href: operatorPath(operator.user_id) }];
}

export async function withHindrance(operator: Operator, request: Asked): Promise<ShownOperator> {
  return { ...operator, hindrance: await hindranceOf(operator, request) };
}

async function hindranceOf(operator: Operator, request: Asked): Promise<string | undefined> {
  const { role, projects, managed_by: manager, managed_at: place } = operator;
  if (!maySetOperator(request.caller, { role, projects }, undefined).allowed) {
    return 'Only an owner changes who is an operator, and in which role.';
  }
  if (manager === 'file') {
    return `The declarative file gives this role${place ? `, at ${place}` : ''}. Change it there: the next start would undo any other change.`;
  }
  if (role === 'owner' && !(await hasOtherOwner(operator, request))) {
    return 'This is the last owner. The role cannot be changed or taken away before somebody else is an owner: nobody could give it back.';
  }
  return undefined;
}

/** One who is no user any more is none that others could count on. */
async function hasOtherOwner({ user_id: id }: Operator, { call }: Asked): Promise<boolean> {
  let after: string | undefined;
  do {
    const query = { limit: '200', ...(after !== undefined && { after }) };
    const { items, next } = (await call(listOperators, { query })).body;
    const isOther = (one: Operator) =>
      one.role === 'owner' && one.user_id !== id && one.username !== undefined;
    if (items.some(isOther)) return true;
    after = next ?? undefined;
  } while (after !== undefined);
  return false;
}

export function noticeOf({ hindrance, managed_by: manager }: ShownOperator): string | undefined {
  if (hindrance !== undefined || manager !== 'nobody') return hindrance;
  return 'This role was in the declarative file and is no longer. It still holds. Keep it here, or take it away.';
}

export function factsOf(operator: Operator): readonly Fact[] {
  const { user_id: id, username, role } = operator;
  return [
    {
      label: 'User',
      value: username
        ? show.link(username, userPath(id))
        : show.text('There is no such user any more', { muted: true }),
    },
    { label: 'Subject', value: show.code(id, { copy: true }) },
    { label: 'Role', value: show.text(roleName(role)), hint: textOfRole(role) },
    { label: 'Since', value: show.time(operator.since) },
    { label: 'Given by', value: giverOf(operator) },
    { label: 'Managed by', value: show.text(managers[operator.managed_by]) },
  ];
}

function giverOf({ by }: Operator): Value {
  if (by === 'operator') return show.text('The command line');
  if (by === 'file') return show.text('The declarative file');
  if (by === 'first_owner') return show.text('The link of the first owner');
  const [, userId] = /^user:(.+)$/.exec(by) ?? [];
  return userId === undefined ? show.code(by) : show.link(by, operatorPath(userId));
}

export async function sectionsOf(
  operator: Operator,
  request: Asked,
): Promise<readonly ObjectSection[]> {
  const { call, may } = request;
  const { user_id: id, role, projects } = operator;
  const eventsOf = async (query: Record<string, string>) =>
    (await call(listAuditEvents, { query: { ...query, limit: '10' } })).body.items;
  return [
    { title: 'What the role includes', facts: factsOfRole(role) },
    ...(projects
      ? [
          {
            title: 'Projects',
            text: 'The role holds for the clients, APIs and API keys of these, and nowhere else.',
            facts: [{ label: 'Projects', value: await projectsBy(projects, request) }],
          },
        ]
      : []),
    ...(may(listAuditEvents)
      ? [
          eventsSection(await eventsOf({ target_kind: 'operator', target_id: id }), {
            ...{ title: 'Changes of the role', text: 'The newest in the audit log.' },
          }),
          eventsSection(await eventsOf({ actor: `user:${id}` }), {
            ...{ title: 'What they did lately', text: 'As an operator; the newest.' },
          }),
        ]
      : []),
  ];
}

/** Links to projects, by their names where they can be read. */
async function projectsBy(ids: readonly string[], { call, may }: Asked): Promise<readonly Value[]> {
  const nameOfProject = async (id: string) => {
    if (!may(getProject)) return id;
    try {
      return (await call(getProject, { params: { project_id: id } })).body.name;
    } catch (error) {
      // Deleted since.
      if (error instanceof CardeaError && error.status === 404) return id;
      throw error;
    }
  };
  const names = await Promise.all(ids.map(nameOfProject));
  return ids.map((id, index) => show.link(names[index] ?? id, projectPath(id)));
}
