/**
 * What a person is told about an act in their account, wherever they can be reached: whoever did it, they should know.
 */
import type { Locale } from '../definitions/locales.ts';
import type { UserRecord } from '../storage/users.ts';

/** Times in milliseconds since the epoch. */
export type AccountAct =
  | { act: 'password_changed' | 'password_removed' }
  | { act: 'username_changed'; username: string }
  | { act: 'authenticator_added' | 'authenticator_replaced' | 'authenticator_removed' }
  | { act: 'passkey_removed' }
  /** `provider`: what it is called. */
  | { act: 'identity_connected' | 'identity_disconnected'; provider: string }
  | { act: 'recovery_codes_renewed' }
  | { act: 'api_key_created' | 'api_key_replaced'; keyName: string }
  | { act: 'deletion_requested'; deletesAt: number };

type AccountNotice = {
  done: AccountAct;
  /** As they were before. */
  person: UserRecord;
  at: number;
  locale: Locale;
  /** Where it was done from: an address, and in words with what. */
  ip: string;
  device: string;
};

/** Resolves when it is certain to be told; what fails must not undo the act. */
export type TellPerson = (notice: AccountNotice) => Promise<void>;
