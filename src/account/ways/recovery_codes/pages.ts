/**
 * Recovery codes: how many are left, and a new set of them.
 */
import type { AccountWay } from '../../../pages/account_data.ts';
import { fill } from '../../../pages/texts.ts';
import { type AccountPage, type AccountRequest, notThere } from '../../page.ts';
import { ownApps } from '../authenticator_apps/own_apps.ts';
import { showNewCodes } from './shown_codes.ts';

const path = '/ways/recovery-codes';
const section = 'ways';
/** From here on the page asks for new ones. */
const few = 3;

const countLeft = ({ owned }: AccountRequest) => owned?.recoveryCodes?.hashes.length ?? 0;

/** They stand in for an authenticator app, and are of no use without one. */
export async function recoveryCodesWay(request: AccountRequest): Promise<AccountWay | undefined> {
  const { t, times, link, owned, locale } = request;
  if (ownApps(request).length === 0) return undefined;
  const { title, left, left_one: leftOne, none, made, renew } = t.way_recovery_codes;
  const count = countLeft(request);
  const some = count === 1 ? leftOne : fill(left, { count: count.toLocaleString(locale) });
  const since = owned?.recoveryCodes?.createdAt;
  const madeOn = since === undefined ? undefined : fill(made, { time: times.day(since).text });
  const text = count === 0 ? none : [some, madeOn].filter(Boolean).join(' ');
  return {
    ...{ id: 'recovery_codes', title, text, items: [], isUrgent: count < few },
    actions: [{ label: renew, linkPath: link(path) }],
  };
}

export const recoveryCodesPages: readonly AccountPage[] = [
  {
    ...{ path, section, method: 'GET', name: 'ways.recovery_codes', needsFreshSignIn: true },
    async handle(request) {
      if (ownApps(request).length === 0) throw notThere();
      const { link } = request;
      return {
        page: 'account/recovery_codes',
        data: { hasOld: countLeft(request) > 0, action: link(path), cancelPath: link('/ways') },
      };
    },
  },
  {
    ...{ path, section, method: 'POST', name: 'ways.recovery_codes.renew', needsFreshSignIn: true },
    async handle(request) {
      if (ownApps(request).length === 0) throw notThere();
      const answer = await showNewCodes(request);
      await request.tell({ act: 'recovery_codes_renewed' });
      return answer;
    },
  },
];
