/**
 * What a person is told about an act in their account, wherever they can be reached: whoever did it, they should know.
 */
import type { Locale } from '../definitions/locales.ts';
import type { UserRecord } from '../storage/users.ts';

export type AccountAct =
  | 'password_changed'
  | 'username_changed'
  | 'authenticator_added'
  | 'authenticator_replaced'
  | 'authenticator_removed'
  | 'recovery_codes_renewed'
  | 'api_key_created'
  | 'api_key_replaced'
  | 'deletion_requested';

/** `at`, and `deletesAt` of a deletion: milliseconds since the epoch. */
type AccountNotice = {
  act: AccountAct;
  person: UserRecord;
  at: number;
  locale: Locale;
  /** Where it was done from. */
  ip: string;
  userAgent: string;
  deletesAt?: number;
};

/** Resolves when it is certain to be told; what fails must not undo the act. */
export type TellPerson = (notice: AccountNotice) => Promise<void>;
