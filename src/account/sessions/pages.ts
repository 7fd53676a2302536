/**
 * Where the person is signed in: what each session is known by, and its end.
 */
import { deviceOf } from '../../oidc/room.ts';
import type { AccountSession } from '../../pages/account_data.ts';
import { fill } from '../../pages/texts.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import { type AccountPage, type AccountRequest, notThere } from '../page.ts';
import { deviceNamed } from './devices.ts';
import { endOtherSessions, endSession } from './ended_sessions.ts';
import { isOwnSession, readSessions } from './live_sessions.ts';

const path = '/sessions';
const section = 'sessions';
const mostShown = 50;

function shown(session: Artifact, request: AccountRequest): AccountSession {
  const { t, times, link } = request;
  const { userAgent, ip, beganAt, seenAt } = deviceOf(session) ?? {};
  const { loginTs } = session.payload as { loginTs?: number };
  const signedInAt = loginTs === undefined ? beganAt : loginTs * 1000;
  return {
    ...deviceNamed(userAgent, t),
    ip,
    signedIn: signedInAt === undefined ? undefined : times.moment(signedInAt),
    lastUsed: seenAt === undefined ? undefined : times.ago(seenAt),
    isThis: isOwnSession(session, request),
    endAction: link(`${path}/${encodeURIComponent(session.id)}/end`),
  };
}

export const sessionPages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'sessions' },
    async handle(request) {
      const { sessions, next } = await readSessions(request, { limit: mostShown });
      const seen = (session: Artifact) => deviceOf(session)?.seenAt ?? 0;
      const sorted = sessions.toSorted((one, other) => seen(other) - seen(one));
      const views = sorted.map((session) => shown(session, request));
      const [own, others] = [true, false].map((isThis) =>
        views.filter((view) => view.isThis === isThis),
      ) as [AccountSession[], AccountSession[]];
      return {
        page: 'account/sessions',
        data: {
          ...{ sessions: [...own, ...others], hasOthers: others.length > 0 },
          hasMore: next !== undefined,
          endOthersAction: request.link(`${path}/end-others`),
          passwordPath: request.link('/password'),
          appsPath: request.link('/apps'),
        },
      };
    },
  },
  {
    ...{ path: `${path}/end-others`, section, method: 'POST', name: 'sessions.end_others' },
    formPath: () => path,
    async handle(request) {
      const { t, times } = request;
      const effectiveBy = await endOtherSessions(request);
      if (effectiveBy === undefined) {
        return { to: path, flash: { tone: 'good', text: t.sessions.no_others } };
      }
      const time = times.clock(effectiveBy);
      return { to: path, flash: { tone: 'good', text: t.sessions.ended_others, time } };
    },
  },
  {
    ...{ path: `${path}/:session_id/end`, section, method: 'POST', name: 'sessions.end' },
    formPath: () => path,
    async handle(request) {
      const { params, person, t, times, services, now } = request;
      const session = await services.store.artifacts.find('Session', params.session_id ?? '', now);
      if (!session?.sessionUid || session.accountId !== person.id) throw notThere();
      const { device } = deviceNamed(deviceOf(session)?.userAgent, t);
      const time = times.clock(await endSession(session, request));
      // The page's words stay its own, whatever the browser calls itself.
      const text = fill(t.sessions.ended, { device, time: '{time}' });
      return { to: path, flash: { tone: 'good', text, time } };
    },
  },
];
