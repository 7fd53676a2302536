/**
 * The first page: is all well, what happened lately, and what apps need to know.
 */
import { readStatistics } from '../../admin/room.ts';
import type { ConsolePage } from '../page.ts';
import { readHealth } from './health.ts';
import { rangeIn, ranges, readPlots } from './plots.ts';

export const homePage: ConsolePage = {
  ...{ path: '/', method: 'GET', name: 'home', section: 'home' },
  async handle(request) {
    const { issuer, places, query, may } = request;
    const range = rangeIn(query);
    const health = await readHealth(request);
    return {
      view: {
        ...{ title: 'Home', template: 'home' },
        data: {
          ...{ issuer, health },
          discovery: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
          problems: health.flatMap(({ problem }) => problem ?? []),
          plots: may(readStatistics) ? await readPlots(request, range) : [],
          ranges: ranges.map(({ id, label }) => ({ id, label, isChosen: id === range.id })),
          deeds: places.filter(({ kind }) => kind === 'do'),
        },
      },
    };
  },
};
