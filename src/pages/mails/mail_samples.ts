/**
 * Every mail, with made-up data. A start renders them to check an operator's templates; previews and tests show them.
 */
import { dayMs, minuteMs } from '../../definitions/units.ts';
import type { MailData, MailTemplate } from '../../mail/room.ts';

type Samples = { [T in MailTemplate]: Record<string, MailData[T]> };

/** When all of them are sent. */
export const samplesAt = Date.UTC(2031, 4, 3, 14, 3);

const link = {
  url: 'https://id.example/links/s6Yl0xkq4Jt2W9cVbN1mZ8aPrD3eUfGhT5oQiBvXyKw',
  expiresAt: samplesAt + 10 * minuteMs,
};
const linkOrCode = { ...link, code: '7K3M-Q2XD' };
const week = { ...link, expiresAt: samplesAt + 7 * dayMs };
const circumstances = {
  at: samplesAt,
  device: 'Firefox on Linux',
  address: '203.0.113.7',
};
const notice = { circumstances, accountUrl: 'https://id.example/account' };
const withoutPages = { circumstances: { at: samplesAt } };

export const mailSamples: Samples = {
  verify_address: {
    usual: linkOrCode,
    link: link,
    new_account: { ...linkOrCode, isNewAccount: true },
  },
  sign_in_link: {
    usual: { ...linkOrCode, circumstances, appName: 'Northwind Shop' },
    alone: { ...link, ...withoutPages },
  },
  recovery: { usual: { ...linkOrCode, circumstances } },
  invitation: { usual: week, by: { ...week, invitedBy: 'Alice Adams' } },
  already_registered: {
    usual: { circumstances, signInUrl: 'https://id.example/account' },
    alone: withoutPages,
  },
  address_changed: { usual: { ...week, circumstances, newAddress: 'alice.adams@example.com' } },
  address_in_use: {
    usual: { circumstances, signInUrl: 'https://id.example/account' },
    alone: withoutPages,
  },
  address_changed_by_operator: {
    usual: { ...notice, newAddress: 'alice.adams@example.com' },
    removed: notice,
  },
  address_restored: { usual: notice },
  new_browser: { usual: notice, alone: withoutPages },
  wrong_codes: { usual: notice },
  password_changed: { usual: notice, alone: withoutPages },
  password_removed: { usual: notice },
  username_changed: { usual: { ...notice, username: 'alice.adams' } },
  new_api_key: {
    made: { ...notice, keyName: 'Backup script', isReplacement: false },
    replaced: { ...notice, keyName: 'Backup script', isReplacement: true },
  },
  new_passkey: { usual: { ...notice, passkeyName: 'iCloud Keychain' } },
  second_factor_changed: {
    app_added: { ...notice, change: 'app_added' },
    app_replaced: { ...notice, change: 'app_replaced' },
    app_removed: { ...notice, change: 'app_removed' },
    passkey_removed: { ...notice, change: 'passkey_removed' },
    passkey_copied: { ...notice, change: 'passkey_copied' },
    recovery_codes_renewed: { ...notice, change: 'recovery_codes_renewed' },
    removed_by_operator: { ...withoutPages, change: 'removed_by_operator' },
    setup_link_made: { ...notice, change: 'setup_link_made' },
  },
  new_sign_in_method: { usual: { ...notice, providerName: 'Google' } },
  sign_in_method_removed: { usual: { ...notice, providerName: 'Google' } },
  account_deletion: { usual: { ...week, circumstances, deletedAt: week.expiresAt } },
  recovery_used: {
    by_mail: { ...notice, by: 'mail' },
    by_recovery_code: { ...notice, by: 'recovery_code', codesLeft: 9 },
  },
  test: { usual: {} },
};
