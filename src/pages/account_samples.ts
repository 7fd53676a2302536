/**
 * The account pages in each of their states, with made-up data.
 */
import type {
  AccountApiKey,
  AccountApp,
  AccountEvent,
  AccountFrame,
  AccountPageData,
  AccountSectionId,
  AccountSession,
  PageTime,
} from './account_data.ts';
import { qrCode } from './qr_code.ts';

type Samples = { [P in keyof AccountPageData]: Record<string, AccountPageData[P]> };

const hidden = { form_token: 'sample' };
const ids: AccountSectionId[] = [
  ...(['overview', 'profile', 'ways', 'sessions', 'apps', 'api_keys'] as const),
  ...(['activity', 'language', 'data'] as const),
];
const pathOf = (id: string) => (id === 'overview' ? '/account' : `/account/${id}`);
const shop = { name: 'Northwind Shop', host: 'shop.example' };

/** `current`: the section of the page. */
function framed(current: AccountSectionId, more: Partial<AccountFrame> = {}) {
  const frame: AccountFrame = {
    sections: ids.map((id) => ({ id, linkPath: pathOf(id), isCurrent: id === current })),
    homePath: '/account',
    user: { name: 'Alice Adams', username: 'alice' },
    signOutAction: '/account/sign-out',
    ...more,
  };
  return { frame, hidden };
}

const time = (text: string): PageTime => ({ at: '2031-05-04T10:20:30.000Z', text });
const moment = time('4 May 2031, 10:20 UTC');
const day = time('11 May 2031');
const ago = time('2 hours ago');

const events: AccountEvent[] = [
  { text: 'You signed in to Northwind Shop', facts: ['From 203.0.113.7'], time: moment },
  { text: 'The password was changed', facts: [], time: moment },
];

const session: AccountSession = {
  ...{ device: 'Firefox on Windows', kind: 'desktop', ip: '203.0.113.7', isThis: true },
  ...{ signedIn: moment, lastUsed: ago, endAction: '/account/sessions/1/end' },
};
const app: AccountApp = {
  client: { ...shop, policyUrl: 'https://shop.example/privacy' },
  groups: [
    { scopes: ['Know who you are', 'See your email address'] },
    { title: 'Orders', scopes: ['See your orders'] },
  ],
  ...{ since: moment, lastUsed: ago },
};
const agent: AccountApp = {
  client: { name: 'Helpful Agent', documentHost: 'agent.example', caution: 'unchecked' },
  groups: [{ title: 'Orders', scopes: ['See your orders'] }],
};
const key: AccountApiKey = {
  ...{ name: 'Backup script', display: 'acme_liv…4Zq1', state: 'live', apiName: 'Orders' },
  ...{ lastUsed: ago, expires: day },
};
const ended: AccountApiKey = {
  ...{ name: 'Old laptop', display: 'acme_liv…9aBc', state: 'revoked', apiName: 'Orders' },
};
const keyDetails = {
  ...{ created: day, scopes: ['See your orders'], usage: { allowed: '1,204', refused: '3' } },
  listPath: '/account/api-keys',
};
const field = (name: string, label: string, value: string, error?: string) => ({
  ...{ name, label, value, error },
});
const profile = {
  action: '/account/profile',
  username: { ...field('username', 'Username', 'alice'), isEditable: false },
  email: { value: 'alice@example.com', isVerified: true },
  fields: [
    field('claim_name', 'Full name', 'Alice Adams'),
    field('claim_website', 'Website', 'https://alice.example'),
  ],
  ...{ isManaged: false, isReturning: false },
};
const newEmail = {
  ...{ action: '/account/profile/email', cancelPath: '/account/profile', isReturning: false },
};
const sentEmail = {
  ...{ email: 'alice.adams@example.com', action: '/account/profile/email/code' },
  ...{ withdrawAction: '/account/profile/email/withdraw', profilePath: '/account/profile' },
  againPath: '/account/profile/email?again=yes',
};
const emailLink = { hidden: { token: 'sample' }, username: 'alice', email: 'alice@example.com' };
const password = {
  ...{ action: '/account/password', againPath: '/account/password?again=yes' },
  ...{ username: 'alice', hasPassword: true, asksCurrent: true, passwordMin: 15 },
  ...{ endsSessions: true, isManaged: false },
};
const sessions = {
  ...{ endOthersAction: '/account/sessions/end-others', hasMore: false },
  ...{ passwordPath: '/account/password', appsPath: '/account/apps' },
};
const choice = (value: string, label: string, checked = false) => ({ value, label, checked });
const keyForm = {
  ...{ action: '/account/api-keys/new', apiName: 'Orders', cancelPath: '/account/api-keys' },
  name: field('name', 'Name', 'Backup script'),
  scopes: [choice('orders:read', 'See your orders', true), choice('orders:write', 'Change them')],
  lifetimes: [choice('7776000', 'After 90 days', true), choice('never', 'Never')],
  isReturning: false,
};
const deletion = {
  ...{ action: '/account/delete', cancelPath: '/account/data', username: 'alice' },
  ...{ after: '7 days', hasRole: false, typed: '', isReturning: false },
};

const appPath = '/account/ways/authenticator-app';
const passkeyPath = '/account/ways/passkeys';
const newPasskey = {
  ...{ action: `${passkeyPath}/new`, cancelPath: '/account/ways' },
  ceremony: { challenge: 'c2FtcGxl', rp: { id: 'id.example', name: 'id.example' } },
};
const ownPasskey = {
  ...{ title: 'Google Password Manager', added: day, isSynced: false, listPath: '/account/ways' },
  name: { name: 'name', label: 'Name', value: 'Google Password Manager' },
  renameAction: `${passkeyPath}/1/rename`,
  removeAction: `${passkeyPath}/1/remove`,
};
const sampleUri = 'otpauth://totp/id.example:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const newApp = {
  ...{ action: `${appPath}/new`, cancelPath: '/account/ways', qr: qrCode(sampleUri) },
  ...{ secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP', uri: sampleUri },
  name: field('name', 'Name (optional)', ''),
};
const ownApp = {
  ...{ name: 'Phone', added: day, replacePath: `${appPath}/new?replaces=1` },
  ...{ removeText: 'Its codes stop working.', listPath: '/account/ways' },
};
const setupApp = {
  ...{ action: '/account/second-factor/app', hidden: { link: 'sample', proof: 'sample' } },
  ...{ secret: newApp.secret, uri: sampleUri, qr: newApp.qr },
};
const newCodes = { action: '/account/ways/recovery-codes', cancelPath: '/account/ways' };

export const accountSamples: Samples = {
  'account/overview': {
    plain: {
      ...framed('overview'),
      rows: ids.slice(1).map((id) => ({ id, linkPath: pathOf(id) })),
      ...{ events, activityPath: '/account/activity' },
    },
    new_account: {
      ...framed('overview', {
        user: { username: 'bob' },
        back: { client: shop, appUrl: 'https://shop.example/settings' },
      }),
      rows: ids.slice(1, 3).map((id) => ({ id, linkPath: pathOf(id) })),
      ...{ events: [], activityPath: '/account/activity' },
    },
  },
  'account/profile': {
    plain: { ...framed('profile'), ...profile, emailPath: '/account/profile/email' },
    asked: {
      ...{ ...framed('profile'), ...profile, emailPath: '/account/profile/email' },
      emailAskedFor: 'alice.adams@example.com',
    },
    wrong: {
      ...framed('profile'),
      ...{ ...profile, isReturning: true, error: 'Nothing was saved yet.', email: undefined },
      username: {
        ...field('username', 'Username', 'bob', 'This username is taken.'),
        isEditable: true,
      },
      fields: [field('claim_website', 'Website', 'alice', 'This must be an address.')],
    },
    managed: {
      ...{ ...framed('profile'), ...profile, isManaged: true },
      email: { value: 'alice@example.com', isVerified: false },
    },
  },
  'account/email': {
    plain: { ...framed('profile'), ...newEmail, email: field('email', 'New email address', '') },
    wrong: {
      ...{ ...framed('profile'), ...newEmail, isReturning: true, error: 'Nothing was sent yet.' },
      email: field('email', 'New email address', 'alice', 'This must be an address.'),
    },
  },
  'account/email_sent': {
    plain: { ...framed('profile'), ...sentEmail },
    wrong: { ...framed('profile'), ...sentEmail, error: 'This code is not right.' },
  },
  'account/ways': {
    kept: {
      ...framed('ways', {
        flash: {
          tone: 'warning',
          text: 'This is your only way to sign in. Set a password or add a passkey first.',
        },
      }),
      ways: [],
    },
    plain: {
      ...framed('ways', {
        flash: {
          tone: 'good',
          text: 'Your password is changed, and you are signed out everywhere else by {time}.',
          time: time('10:20:32 UTC'),
        },
      }),
      ways: [
        {
          ...{ id: 'password', title: 'Password', text: 'You have a password.', items: [] },
          actions: [{ label: 'Change password', linkPath: '/account/password' }],
        },
        {
          ...{ id: 'authenticator_app', title: 'Authenticator app', text: 'A code is asked for.' },
          items: [
            { name: 'Phone', detail: 'Added on 3 May 2031', linkPath: `${appPath}/1` },
            { name: 'Tablet' },
          ],
          actions: [{ label: 'Set up an app', linkPath: `${appPath}/new` }],
        },
        {
          ...{ id: 'recovery_codes', title: 'Recovery codes', text: 'One is left.', items: [] },
          ...{ actions: [], isUrgent: true },
        },
      ],
    },
  },
  'account/new_authenticator_app': {
    plain: { ...framed('ways'), ...newApp },
    wrong: {
      ...{ ...framed('ways'), ...newApp, replaces: 'Old phone' },
      error: 'This code is not right.',
    },
  },
  'account/authenticator_app': {
    plain: { ...framed('ways'), ...ownApp, removeAction: `${appPath}/1/remove` },
    required: { ...framed('ways'), ...ownApp, lastUsed: moment },
  },
  'account/new_passkey': {
    plain: { ...framed('ways'), ...newPasskey },
    failed: { ...framed('ways'), ...newPasskey, error: 'That did not work. Try again.' },
  },
  'account/passkey': {
    plain: { ...framed('ways'), ...ownPasskey, lastUsed: moment, isSynced: true },
    unused: { ...framed('ways'), ...ownPasskey },
  },
  'account/identity': {
    connect: {
      ...{ ...framed('ways'), title: 'Connect Google', text: 'You sign in there once.' },
      ...{ submit: 'Go to Google', action: '/account/ways/providers/google' },
      ...{ isRemoval: false, listPath: '/account/ways' },
    },
    confirm: {
      ...{ ...framed('ways'), title: 'Connect Google', text: 'It signs you in from then on.' },
      ...{ submit: 'Connect', action: '/account/ways/connect', label: 'alice@example.com' },
      ...{ isRemoval: false, listPath: '/account/ways' },
    },
    remove: {
      ...{ ...framed('ways'), title: 'Google', text: 'It signs you in no more.' },
      ...{ submit: 'Remove', action: '/account/ways/identities/x/remove', isRemoval: true },
      ...{ label: 'alice@example.com', added: moment, lastUsed: moment, listPath: '/account/ways' },
    },
  },
  'account/recovery_codes': {
    first: { ...framed('ways'), ...newCodes, hasOld: false },
    again: { ...framed('ways'), ...newCodes, hasOld: true },
  },
  'account/recovery_codes_shown': {
    plain: {
      ...{ ...framed('ways'), listPath: '/account/ways' },
      codes: ['7K3M-Q2XD-9PZA-0BCD-HJ4E-RT6Y', 'H4TN-VW8E-22GR-M5YK-8QWE-ZX3C'],
    },
  },
  'account/browsers': {
    several: {
      ...{ ...framed('ways'), endAllAction: '/account/ways/browsers/end-all' },
      browsers: [
        {
          ...{ device: 'Firefox on Linux', kind: 'desktop', ip: '203.0.113.7', until: day },
          ...{ since: day, endAction: '/account/ways/browsers/1/end' },
        },
        {
          ...{ device: 'Unknown browser', kind: 'unknown', until: day },
          endAction: '/account/ways/browsers/2/end',
        },
      ],
    },
    none: { ...framed('ways'), browsers: [], endAllAction: '/account/ways/browsers/end-all' },
  },
  'account/password': {
    plain: { ...framed('ways'), ...password },
    wrong: {
      ...{ ...framed('ways'), ...password },
      error: { field: 'current', text: 'This is not your current password.' },
    },
    short: {
      ...{ ...framed('ways'), ...password, asksCurrent: false, hasPassword: false },
      ...{ endsSessions: false, error: { field: 'new', text: 'This password is too short.' } },
    },
    managed: { ...framed('ways'), ...password, isManaged: true },
  },
  'account/password_removal': {
    plain: {
      ...{ ...framed('ways'), action: '/account/password/remove', cancelPath: '/account/ways' },
    },
  },
  'account/sessions': {
    several: {
      ...{ ...framed('sessions'), ...sessions, hasOthers: true, hasMore: true },
      sessions: [
        session,
        { ...session, device: 'Safari on iPhone', kind: 'phone', isThis: false },
        {
          ...{ device: 'Unknown browser', kind: 'unknown', isThis: false },
          endAction: '/account/sessions/2/end',
        },
      ],
    },
    one: { ...framed('sessions'), ...sessions, hasOthers: false, sessions: [session] },
  },
  'account/apps': {
    several: {
      ...framed('apps'),
      apps: [app, agent].map((each) => ({ ...each, detailsPath: '/account/apps/shop' })),
    },
    none: { ...framed('apps'), apps: [] },
  },
  'account/app': {
    known: {
      ...{ ...framed('apps'), ...app },
      ...{ action: '/account/apps/shop/remove', cancelPath: '/account/apps' },
    },
    unchecked: {
      ...{ ...framed('apps'), ...agent },
      ...{ action: '/account/apps/agent/remove', cancelPath: '/account/apps' },
    },
  },
  'account/api_keys': {
    several: {
      ...framed('api_keys'),
      keys: [key, ended].map((each) => ({ ...each, detailsPath: '/account/api-keys/1' })),
      createPath: '/account/api-keys/new',
    },
    none: { ...framed('api_keys'), keys: [] },
  },
  'account/api_key_api': {
    plain: {
      ...framed('api_keys'),
      apis: [{ name: 'Orders', choosePath: '/account/api-keys/new?api=orders' }],
      cancelPath: '/account/api-keys',
    },
  },
  'account/api_key_form': {
    plain: { ...framed('api_keys'), ...keyForm },
    wrong: {
      ...{ ...framed('api_keys'), ...keyForm, error: 'No key was created.' },
      name: field('name', 'Name', '', 'Please give it a name.'),
      ...{ scopesError: 'Please choose at least one.', lifetimesError: 'Please choose one.' },
    },
  },
  'account/api_key': {
    live: {
      ...{ ...framed('api_keys'), ...key, ...keyDetails },
      rotateAction: '/account/api-keys/1/rotate',
      revokePath: '/account/api-keys/1/revoke',
      error: 'This key was replaced already.',
    },
    ended: { ...framed('api_keys'), ...ended, ...keyDetails },
  },
  'account/api_key_revoke': {
    plain: {
      ...{ ...framed('api_keys'), name: 'Backup script', cancelPath: '/account/api-keys/1' },
      action: '/account/api-keys/1/revoke',
    },
  },
  'account/api_key_shown': {
    created: {
      ...{ ...framed('api_keys'), name: 'Backup script', listPath: '/account/api-keys' },
      apiKey: 'acme_live_0123456789abcdefghijklmnopqrstuvwxyz',
    },
    replaced: {
      ...{ ...framed('api_keys'), name: 'Backup script', listPath: '/account/api-keys' },
      ...{ apiKey: 'acme_live_0123456789abcdefghijklmnopqrstuvwxyz', oldUntil: moment },
    },
  },
  'account/activity': {
    first: { ...framed('activity'), events, olderPath: '/account/activity?before=1.a' },
    last: { ...framed('activity'), events: [], newestPath: '/account/activity' },
  },
  'account/language': {
    plain: {
      ...{ ...framed('language'), action: '/account/language', isManaged: false },
      choices: [choice('', 'As in my browser', true), choice('de', 'Deutsch')],
    },
    managed: {
      ...{ ...framed('language'), action: '/account/language', isManaged: true, choices: [] },
    },
  },
  'account/data': {
    plain: {
      ...{ ...framed('data'), downloadAction: '/account/data/download', isManaged: false },
      deletion: { linkPath: '/account/delete', after: '7 days' },
    },
    managed: {
      ...{ ...framed('data'), downloadAction: '/account/data/download', isManaged: true },
    },
  },
  'account/deletion': {
    plain: { ...framed('data'), ...deletion },
    mistyped: {
      ...{ ...framed('data'), ...deletion, typed: 'bob', hasRole: true, isReturning: true },
      error: 'That is not your username.',
    },
  },
  'account/message': {
    not_found: {
      ...{ ...framed('sessions'), title: 'Not found' },
      text: 'There is no such thing in your account.',
    },
  },
  'account/deletion_requested': { plain: { date: day, signInPath: '/account' } },
  'account/setup_link': {
    empty: { action: '/account/second-factor', hidden: {} },
    invalid: { action: '/account/second-factor', hidden: {}, error: 'invalid_link' },
    wrong: {
      ...{ action: '/account/second-factor', hidden: {}, error: 'wrong_password' },
      ...{ link: 'sample', username: 'alice' },
    },
    throttled: {
      ...{ action: '/account/second-factor', hidden: {}, error: 'throttled' },
      ...{ link: 'sample', username: 'alice', retryAfterSeconds: 90 },
    },
  },
  'account/setup_app': {
    plain: setupApp,
    wrong: { ...setupApp, error: 'wrong_code' },
  },
  'account/setup_done': {
    plain: {
      codes: ['7K3M-Q2XD-9PZA-0BCD-HJ4E-RT6Y', 'H4TN-VW8E-22GR-M5YK-8QWE-ZX3C'],
      accountPath: '/account',
    },
  },
  'account/email_link': {
    confirm: { ...emailLink, action: '/account/email/confirm', will: 'confirmed' },
    undo: { ...emailLink, action: '/account/email/undo', will: 'restored' },
  },
  'account/email_done': {
    confirmed: { outcome: 'confirmed', email: 'alice@example.com', nextPath: '/account' },
    restored: { outcome: 'restored', email: 'alice@example.com', nextPath: '/recovery' },
    taken: { outcome: 'taken', email: 'alice@example.com', nextPath: '/account' },
    gone: { outcome: 'gone', nextPath: '/account' },
  },
  'account/outcome': {
    failed: {
      ...{ title: 'You are not signed in', isFailed: true, signInPath: '/account' },
      text: 'This sign-in took too long.',
    },
    signed_out: {
      ...{ title: 'You are signed out', isFailed: false, signInPath: '/account' },
      text: 'You are signed out in this browser.',
    },
  },
};
