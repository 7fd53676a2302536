/**
 * The recent events of the account.
 */
import type { AuditPlace } from '../../storage/audit_events.ts';
import type { AccountPage } from '../page.ts';
import { readEvents } from './shown_events.ts';

const path = '/activity';
const shownAtOnce = 30;

/** `1893456000000.Zk3…`: of the last event of the page before. Anything else is the first page. */
function placeIn(query: URLSearchParams): AuditPlace | undefined {
  const [, at, id] = /^(\d{1,15})\.([\w.-]{1,100})$/.exec(query.get('before') ?? '') ?? [];
  return id === undefined ? undefined : { at: Number(at), id };
}

export const activityPages: readonly AccountPage[] = [
  {
    ...{ path, section: 'activity', method: 'GET', name: 'activity' },
    async handle(request) {
      const after = placeIn(request.query);
      const { events, next } = await readEvents(request, { limit: shownAtOnce, after });
      const older = next && new URLSearchParams({ before: `${next.at}.${next.id}` });
      return {
        page: 'account/activity',
        data: {
          events,
          olderPath: older && request.link(`${path}?${older}`),
          newestPath: after && request.link(path),
        },
      };
    },
  },
];
