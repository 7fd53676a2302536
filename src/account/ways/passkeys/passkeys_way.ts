/**
 * Passkeys among the ways to sign in.
 */
import type { AccountWay } from '../../../pages/account_data.ts';
import { fill } from '../../../pages/texts.ts';
import type { AccountRequest } from '../../page.ts';
import { nameOfPasskey, ownPasskeys, passkeysPath } from './own_passkeys.ts';

export async function passkeysWay(request: AccountRequest): Promise<AccountWay | undefined> {
  const { t, times, link, services } = request;
  const { title, none, some, add, added, used } = t.way_passkeys;
  const passkeys = ownPasskeys(request);
  const { isPossible } = services.passkeys;
  if (!isPossible && passkeys.length === 0) return undefined;
  return {
    ...{ id: 'passkeys', title, text: passkeys.length > 0 ? some : none },
    items: passkeys.map((passkey) => {
      const { id, createdAt, lastUsedAt } = passkey;
      const since = fill(added, { time: times.day(createdAt).text });
      const last = lastUsedAt && fill(used, { time: times.ago(lastUsedAt).text });
      return {
        name: nameOfPasskey(passkey, t),
        detail: [since, last].filter(Boolean).join(' · '),
        linkPath: link(`${passkeysPath}/${encodeURIComponent(id)}`),
      };
    }),
    actions: isPossible ? [{ label: add, linkPath: link(`${passkeysPath}/new`) }] : [],
  };
}
