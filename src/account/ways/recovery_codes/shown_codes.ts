/**
 * New recovery codes, as they are shown this once.
 */
import type { AccountAnswer, AccountRequest } from '../../page.ts';

/** Makes a new set; the old one is void. */
export async function showNewCodes({
  person,
  services,
  by,
  link,
}: AccountRequest): Promise<AccountAnswer> {
  const codes = await services.authentication.recoveryCodes.renew(person.id, by);
  return { page: 'account/recovery_codes_shown', data: { codes, listPath: link('/ways') } };
}
