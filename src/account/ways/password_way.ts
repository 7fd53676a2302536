/**
 * The password among the ways to sign in.
 */
import type { AccountWay } from '../../pages/account_data.ts';
import { fill } from '../../pages/texts.ts';
import type { AccountRequest } from '../page.ts';
import { mayRemovePassword, removePath } from './removed_password.ts';

export async function passwordWay(request: AccountRequest): Promise<AccountWay> {
  const { person, services, t, times, link } = request;
  const { title, set, changed, none, change, add, remove } = t.way_password;
  const { passwordHash, passwordChangedAt: changedAt } = person;
  const hasPassword = passwordHash !== undefined;
  const known = changedAt === undefined ? set : fill(changed, { time: times.ago(changedAt).text });
  const actions = [
    { label: hasPassword ? change : add, linkPath: link('/password') },
    ...(mayRemovePassword(request) ? [{ label: remove, linkPath: link(removePath) }] : []),
  ];
  return {
    ...{ id: 'password', title, text: hasPassword ? known : none, items: [] },
    actions: services.isPasswordDeclared(person.username) ? [] : actions,
  };
}
