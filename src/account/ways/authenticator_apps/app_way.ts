/**
 * Authenticator apps among the ways to sign in.
 */
import type { AccountWay } from '../../../pages/account_data.ts';
import { fill } from '../../../pages/texts.ts';
import type { AccountRequest } from '../../page.ts';
import { appsPath, nameOfApp, ownApps } from './own_apps.ts';

export async function appWay(request: AccountRequest): Promise<AccountWay> {
  const { t, times, link } = request;
  const { title, none, some, add, added, used } = t.way_authenticator_app;
  const apps = ownApps(request);
  return {
    ...{ id: 'authenticator_app', title, text: apps.length > 0 ? some : none },
    items: apps.map((app) => {
      const { createdAt, lastUsedAt } = app;
      const since = fill(added, { time: times.day(createdAt).text });
      const last = lastUsedAt && fill(used, { time: times.ago(lastUsedAt).text });
      return {
        name: nameOfApp(app, t),
        detail: [since, last].filter(Boolean).join(' · '),
        linkPath: link(`${appsPath}/${encodeURIComponent(app.id)}`),
      };
    }),
    actions: [{ label: add, linkPath: link(`${appsPath}/new`) }],
  };
}
