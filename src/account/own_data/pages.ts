/**
 * The person's data: taking them along, and where the deletion of the account begins.
 */
import { lasting } from '../../pages/texts.ts';
import type { AccountPage } from '../page.ts';
import { isManaged } from '../profile/saved_claims.ts';
import { collectData } from './collected.ts';

const path = '/data';
const section = 'data';

export const dataPages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'data' },
    async handle(request) {
      const { services, link, locale } = request;
      const { enabled, after } = services.policy.deletion;
      const isFixed = isManaged(request);
      return {
        page: 'account/data',
        data: {
          ...{ downloadAction: link(`${path}/download`), isManaged: isFixed },
          deletion:
            enabled && !isFixed
              ? { linkPath: link('/delete'), after: lasting(locale, after) }
              : undefined,
        },
      };
    },
  },
  {
    ...{ path: `${path}/download`, section, method: 'POST', name: 'data.download' },
    needsFreshSignIn: true,
    formPath: () => path,
    handle: async (request) => ({
      download: { name: 'account.json', json: await collectData(request) },
    }),
  },
];
