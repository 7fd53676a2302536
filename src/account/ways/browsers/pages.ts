/**
 * Browsers that the person has trusted: no second factor is asked for in them.
 */
import { onRecord } from '../../../audit/room.ts';
import type { TrustedBrowser } from '../../../authentication/room.ts';
import type { AccountTrustedBrowser, AccountWay } from '../../../pages/account_data.ts';
import { fill } from '../../../pages/texts.ts';
import { type AccountPage, type AccountRequest, notThere } from '../../page.ts';
import { deviceNamed } from '../../sessions/devices.ts';
import { ownApps } from '../authenticator_apps/own_apps.ts';

const path = '/ways/browsers';
const section = 'ways';

/** Only of a person who would be asked for something in others. */
async function trustedOnes(request: AccountRequest): Promise<TrustedBrowser[]> {
  const { services, person } = request;
  return ownApps(request).length > 0 ? services.authentication.trustedBrowsers.list(person) : [];
}

export async function browsersWay(request: AccountRequest): Promise<AccountWay | undefined> {
  const browsers = await trustedOnes(request);
  if (browsers.length === 0) return undefined;
  const { t, link, locale } = request;
  const { title, one, several, show } = t.way_browsers;
  const count = browsers.length.toLocaleString(locale);
  return {
    ...{ id: 'browsers', title, items: [] },
    text: browsers.length === 1 ? one : fill(several, { count }),
    actions: [{ label: show, linkPath: link(path) }],
  };
}

function shown(browser: TrustedBrowser, { t, times, link }: AccountRequest): AccountTrustedBrowser {
  const { id, userAgent, ip, trustedAt, expiresAt } = browser;
  return {
    ...{ ...deviceNamed(userAgent, t), ip, until: times.day(expiresAt) },
    since: trustedAt === undefined ? undefined : times.day(trustedAt),
    endAction: link(`${path}/${encodeURIComponent(id)}/end`),
  };
}

export const browsersPages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'ways.browsers' },
    async handle(request) {
      const browsers = await trustedOnes(request);
      return {
        page: 'account/browsers',
        data: {
          browsers: browsers.map((browser) => shown(browser, request)),
          endAllAction: request.link(`${path}/end-all`),
        },
      };
    },
  },
  {
    ...{ path: `${path}/end-all`, section, method: 'POST', name: 'ways.browsers.end_all' },
    formPath: () => path,
    async handle(request) {
      const { person, services, t } = request;
      const count = await services.authentication.trustedBrowsers.endAll(person.id);
      if (count > 0) await record(request, count);
      return { to: '/ways', flash: { tone: 'good', text: t.browsers.ended_all } };
    },
  },
  {
    ...{ path: `${path}/:browser_id/end`, section, method: 'POST', name: 'ways.browsers.end' },
    formPath: () => path,
    async handle(request) {
      const { params, person, services, t } = request;
      const { trustedBrowsers } = services.authentication;
      if (!(await trustedBrowsers.end(person.id, params.browser_id ?? ''))) throw notThere();
      await record(request, 1);
      return { to: path, flash: { tone: 'good', text: t.browsers.ended } };
    },
  },
];

/** One event for each time that a person does it. */
async function record({ services, person, by }: AccountRequest, count: number): Promise<void> {
  await services.audit.record({
    ...{ type: 'trusted_browser.ended', outcome: 'success', userId: person.id },
    ...{ ...onRecord(by), details: { count } },
  });
}
