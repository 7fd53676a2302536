/**
 * The password among the ways to sign in.
 */
import type { AccountWay } from '../../pages/account_data.ts';
import { fill } from '../../pages/texts.ts';
import type { AccountRequest } from '../page.ts';

export async function passwordWay(request: AccountRequest): Promise<AccountWay> {
  const { person, services, t, times, link } = request;
  const { title, set, changed, none, change, add } = t.way_password;
  const { passwordHash, passwordChangedAt: changedAt } = person;
  const hasPassword = passwordHash !== undefined;
  const known = changedAt === undefined ? set : fill(changed, { time: times.ago(changedAt).text });
  const action = { label: hasPassword ? change : add, linkPath: link('/password') };
  return {
    ...{ id: 'password', title, text: hasPassword ? known : none, items: [] },
    actions: services.isPasswordDeclared(person.username) ? [] : [action],
  };
}
