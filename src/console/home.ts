/**
 * The first page: where to begin.
 */
import type { ConsolePage } from './page.ts';

export const homePage: ConsolePage = {
  ...{ path: '/', method: 'GET', name: 'home', section: 'home' },
  async handle({ issuer, places }) {
    const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    return {
      view: {
        ...{ title: 'Home', template: 'home' },
        data: { issuer, discovery, places: places.filter(({ href }) => href !== '/') },
      },
    };
  },
};
