/**
 * Every mail, and what it is made of. Whoever sends one fills these types; src/pages/mails puts them into words.
 *
 * Names and devices come from strangers: they are shown as plain text, never as a link. A URL is one of our own.
 */

/** What a link of a mail needs. */
type Link = {
  url: string;
  /** Milliseconds since the epoch. A mail that could not be sent by then is given up. */
  expiresAt: number;
};

/** The same, with the short code for the device where it was asked for. */
type LinkOrCode = Link & { code?: string | undefined };

/** When, where and with what something was done or asked for, as far as known. */
export type Circumstances = {
  /** Milliseconds since the epoch. */
  at: number;
  /** In words: `Firefox on Linux`. */
  device?: string | undefined;
  /** An IP address. */
  address?: string | undefined;
};

/** A change that the account's owner is told of. */
type Notice = {
  circumstances: Circumstances;
  /** Where they look after their account, and can undo it. */
  accountUrl?: string | undefined;
};

export type MailData = {
  /** Shows whose address it is: before an account has it. `isNewAccount`: to make the account; default: to change to it. */
  verify_address: LinkOrCode & { isNewAccount?: boolean | undefined };
  /** `appName`: where the sign-in leads to. */
  sign_in_link: LinkOrCode & { circumstances: Circumstances; appName?: string | undefined };
  /** Leads back into an account whose owner cannot sign in. */
  recovery: LinkOrCode & { circumstances: Circumstances };
  /** To make an account. */
  invitation: Link & { invitedBy?: string | undefined };
  /** To somebody who registers again: nobody else learns that there is an account. */
  already_registered: { circumstances: Circumstances; signInUrl?: string | undefined };
  /** To an address that somebody wants for an account, and another account has: nobody else learns that. */
  address_in_use: { circumstances: Circumstances; signInUrl?: string | undefined };
  /** To the old address. `newAddress`: shown in part. */
  address_changed: Link & { circumstances: Circumstances; newAddress: string };
  /** The same, where operators changed it. `newAddress` undefined: there is none any more. */
  address_changed_by_operator: Notice & { newAddress?: string | undefined };
  /** To an address that the account no longer has, as the change to it was taken back. */
  address_restored: Notice;
  /** A sign-in from a browser that the account was not used in before. */
  new_browser: Notice;
  /** Somebody has the password, and guesses at the second factor. */
  wrong_codes: Notice;
  password_changed: Notice;
  /** Passkeys sign in from now on. */
  password_removed: Notice;
  username_changed: Notice & { username: string };
  new_api_key: Notice & { keyName: string; isReplacement: boolean };
  new_passkey: Notice & { passkeyName: string };
  second_factor_changed: Notice & {
    change:
      | 'app_added'
      | 'app_replaced'
      | 'app_removed'
      | 'passkey_removed'
      | 'passkey_copied'
      | 'recovery_codes_renewed'
      | 'removed_by_operator'
      | 'setup_link_made';
  };
  /** `providerName`: whose account signs in from now on. */
  new_sign_in_method: Notice & { providerName: string };
  /** The same, no more. */
  sign_in_method_removed: Notice & { providerName: string };
  /** `deletedAt`: when it will be (ms); the link keeps the account. */
  account_deletion: Link & { circumstances: Circumstances; deletedAt: number };
  recovery_used: Notice & { by: 'mail' | 'recovery_code'; codesLeft?: number | undefined };
  /** Of `cardea mail test`. */
  test: Record<never, never>;
};

export type MailTemplate = keyof MailData;

/** What anybody can have sent to somebody, whether or not an account has the address. */
export const askedFor: readonly MailTemplate[] = [
  ...(['verify_address', 'sign_in_link', 'recovery', 'invitation', 'already_registered'] as const),
  'address_in_use',
];
