/**
 * What a user has at this moment, as far as the operator may see it.
 */
import {
  type Dependents,
  getSecondFactors,
  getUserDependents,
  listApiKeys,
  listAuditEvents,
  listGrantsOfUser,
  listSessions,
  listSetupLinks,
  listUserIdentities,
} from '../../admin/room.ts';
import { keysToShow } from '../api_keys/keys_section.ts';
import type { ConsoleRequest } from '../page.ts';
import { countText, endingText, isSome } from '../parts/counts.ts';
import { pageAfter } from './paths.ts';

type Asked = Pick<ConsoleRequest, 'call' | 'may' | 'query'>;

/** Of sessions and of grants. */
const pageSize = 50;
const fewEvents = 10;

/** Undefined: the operator may not see them. The address says which page of sessions and grants. */
export async function liveOf(userId: string, { call, may, query }: Asked) {
  const pageOf = (list: keyof typeof pageAfter) => {
    const after = query.get(pageAfter[list]) || undefined;
    return { limit: pageSize, ...(after !== undefined && { after }) };
  };
  const ofUser = { params: { user_id: userId } };
  const [dependents, factors, identities, links, sessions, grants, keys, events] =
    await Promise.all([
      dependentsOf(userId, { call }),
      call(getSecondFactors, ofUser).then(({ body }) => body),
      call(listUserIdentities, ofUser).then(({ body }) => body.items),
      call(listSetupLinks, ofUser).then(({ body }) => body.items),
      may(listSessions)
        ? call(listSessions, { params: { user_id: userId }, query: pageOf('sessions') }).then(
            ({ body }) => body,
          )
        : undefined,
      may(listGrantsOfUser)
        ? call(listGrantsOfUser, { params: { user_id: userId }, query: pageOf('grants') }).then(
            ({ body }) => body,
          )
        : undefined,
      may(listApiKeys)
        ? call(listApiKeys, { query: { user_id: userId, limit: keysToShow } }).then(
            ({ body }) => body,
          )
        : undefined,
      may(listAuditEvents)
        ? call(listAuditEvents, { query: { user_id: userId, limit: fewEvents } }).then(
            ({ body }) => body,
          )
        : undefined,
    ]);
  return { dependents, factors, identities, links, sessions, grants, keys, events };
}

export type Live = Awaited<ReturnType<typeof liveOf>>;

/** What ends where the user is disabled or deleted, or gets another password, as of now. */
export async function dependentsOf(
  userId: string,
  { call }: Pick<Asked, 'call'>,
): Promise<Dependents> {
  return (await call(getUserDependents, { params: { user_id: userId } })).body;
}

/** What ends at once: with the numbers of now. */
export function endsNow(dependents: Dependents): string {
  const ending = endingText(dependents);
  return ending
    ? `Everything the person is signed in with ends: ${ending}. Here at once, at verifiers that follow the status lists within seconds.`
    : 'The person is signed in nowhere, and has allowed nothing to any app.';
}

/** What happens to the keys and the projects that the user owns. */
export function ownedStops({ api_keys: keys, projects }: Dependents): readonly string[] {
  return [
    isSome(keys)
      ? `${countText(keys, 'API key')} of theirs: no API accepts one any more.`
      : 'They have no API key.',
    ...(isSome(projects)
      ? [`They own ${countText(projects, 'project')}, whose keys go on working.`]
      : []),
  ];
}
