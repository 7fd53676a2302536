/**
 * What a user has at this moment, as far as the operator may see it.
 */
import { listApiKeys, listAuditEvents, listGrantsOfUser, listSessions } from '../../admin/room.ts';
import type { ConsoleRequest } from '../page.ts';
import { countText, mostCounted } from '../parts/counts.ts';

type Asked = Pick<ConsoleRequest, 'call' | 'may'>;

const limit = mostCounted;
const fewEvents = 10;

/** Undefined, each: the operator may not see them. */
export async function liveOf(userId: string, { call, may }: Asked) {
  const [sessions, grants, keys, events] = await Promise.all([
    may(listSessions)
      ? call(listSessions, { params: { user_id: userId }, query: { limit } }).then(
          ({ body }) => body,
        )
      : undefined,
    may(listGrantsOfUser)
      ? call(listGrantsOfUser, { params: { user_id: userId }, query: { limit } }).then(
          ({ body }) => body,
        )
      : undefined,
    may(listApiKeys)
      ? call(listApiKeys, { query: { user_id: userId, limit } }).then(({ body }) => body)
      : undefined,
    may(listAuditEvents)
      ? call(listAuditEvents, { query: { user_id: userId, limit: fewEvents } }).then(
          ({ body }) => body,
        )
      : undefined,
  ]);
  return { sessions, grants, keys, events };
}

export type Live = Awaited<ReturnType<typeof liveOf>>;

/** What ends at once where the user is disabled or deleted, or gets another password: with the numbers of now. */
export function endsNow({ sessions, grants }: Live): string {
  const counts = [
    sessions ? countText(sessions, 'session') : 'all sessions',
    grants ? countText(grants, 'grant') : 'all grants',
  ];
  return `Everything the person is signed in with ends: ${counts.join(' and ')}, with all tokens of apps. Here at once, at verifiers that follow the status lists within seconds.`;
}

/** What happens to the keys that the user owns. */
export function keysStop({ keys }: Live): string {
  if (!keys) return 'API keys of theirs stop working.';
  if (keys.items.length === 0) return 'They have no API keys.';
  return `${countText(keys, 'API key')} of theirs: no API accepts one any more.`;
}
