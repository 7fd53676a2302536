/**
 * Accounts at other providers among the ways to sign in.
 */
import type { AccountWay } from '../../../pages/account_data.ts';
import { fill } from '../../../pages/texts.ts';
import type { AccountRequest } from '../../page.ts';
import { nameOfProvider, ownIdentities, pathOfIdentity, providersPath } from './own_identities.ts';

export async function providersWay(request: AccountRequest): Promise<AccountWay | undefined> {
  const { t, times, link, services } = request;
  const { title, none, some, connect } = t.way_providers;
  const { added, used } = t.way_passkeys;
  const identities = ownIdentities(request);
  const offered = services.providers.signIns.offered(undefined);
  if (offered.length === 0 && identities.length === 0) return undefined;
  const isOpen = (id: string) => !identities.some(({ provider }) => provider === id);
  return {
    ...{ id: 'providers', title, text: identities.length > 0 ? some : none },
    items: identities.map((identity) => {
      const { provider, label, createdAt, lastUsedAt } = identity;
      const since = fill(added, { time: times.day(createdAt).text });
      const last = lastUsedAt && fill(used, { time: times.ago(lastUsedAt).text });
      return {
        name: nameOfProvider(request, provider),
        detail: [label, since, last].filter(Boolean).join(' · '),
        linkPath: link(pathOfIdentity(identity)),
      };
    }),
    actions: offered
      .filter(({ id }) => isOpen(id))
      .map(({ id, name }) => ({
        label: fill(connect, { provider: name }),
        linkPath: link(`${providersPath}/${id}`),
      })),
  };
}
