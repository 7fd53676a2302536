/**
 * Apps and agents with access: what each may do, and the end of it.
 */
import { onRecord } from '../../audit/room.ts';
import { fill } from '../../pages/texts.ts';
import { revocationOf } from '../../tokens/room.ts';
import { type AccountPage, type AccountRequest, notThere } from '../page.ts';
import { type GrantedApp, readApp, readApps, shownApp } from './granted_apps.ts';

const path = '/apps';
const section = 'apps';
/** One person's of one client. */
const mostGrants = 1000;
const one = `${path}/:client_id` as const;

async function found(request: AccountRequest): Promise<GrantedApp> {
  const app = await readApp(request.params.client_id ?? '', request);
  if (!app) throw notThere();
  return app;
}

/** All that there are; answers after how many seconds the last API knows. */
async function removeGrants(
  { clientId }: GrantedApp,
  { person, by, now, services: { store, killSwitches } }: AccountRequest,
): Promise<number> {
  let effectiveWithin = 0;
  for (let round = 0; round < mostGrants; round += 1) {
    const grant = await store.artifacts.findGrant(person.id, clientId, now);
    if (!grant) break;
    const { target, order } = revocationOf.grant(grant);
    const outcome = await killSwitches.throwSwitch(target, { ...order, ...onRecord(by) });
    effectiveWithin = Math.max(effectiveWithin, outcome.effectiveWithin);
  }
  return effectiveWithin;
}

const pathOf = ({ clientId }: Pick<GrantedApp, 'clientId'>) =>
  `${path}/${encodeURIComponent(clientId)}`;

export const appPages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'apps' },
    async handle(request) {
      const apps = await readApps(request);
      const views = await Promise.all(
        apps.map(async (app) => ({
          ...(await shownApp(app, request)),
          detailsPath: request.link(pathOf(app)),
        })),
      );
      return { page: 'account/apps', data: { apps: views } };
    },
  },
  {
    ...{ path: one, section, method: 'GET', name: 'apps.app' },
    async handle(request) {
      const app = await found(request);
      const view = await shownApp(app, request);
      const action = request.link(`${pathOf(app)}/remove`);
      return { page: 'account/app', data: { ...view, action, cancelPath: request.link(path) } };
    },
  },
  {
    ...{ path: `${one}/remove`, section, method: 'POST', name: 'apps.remove' },
    formPath: ({ client_id: clientId = '' }) => pathOf({ clientId }),
    async handle(request) {
      const { now, t, times } = request;
      const app = await found(request);
      const { client } = await shownApp(app, request);
      const effectiveWithin = await removeGrants(app, request);
      const time = times.clock(now + effectiveWithin * 1000);
      const text = fill(t.apps.removed, { client: client.name, time: '{time}' });
      return { to: path, flash: { tone: 'good', text, time } };
    },
  },
];
