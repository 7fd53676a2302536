/**
 * The first page: what there is, and what happened last.
 */
import { readEvents } from './activity/shown_events.ts';
import type { AccountPage } from './page.ts';
import { sectionsIn } from './sections.ts';

const eventsShown = 5;

export const overviewPages: readonly AccountPage[] = [
  {
    ...{ path: '/', section: 'overview', method: 'GET', name: 'overview' },
    async handle(request) {
      const { services, link } = request;
      const { events } = await readEvents(request, { limit: eventsShown });
      const rows = sectionsIn(services.policy)
        .filter(({ id }) => id !== 'overview')
        .map(({ id, path }) => ({ id, linkPath: link(path) }));
      return { page: 'account/overview', data: { rows, events, activityPath: link('/activity') } };
    },
  },
];
