/**
 * Every page in each of its states, with made-up data. A start renders them to check an operator's templates;
 * previews and tests show them.
 */
import { createGuide } from '../guide/room.ts';
import { accountSamples } from './account_samples.ts';
import type { PageClient, PageData, PageName } from './page_data.ts';
import { qrCode } from './qr_code.ts';

type Samples = { [P in PageName]: Record<string, PageData[P]> };

const hidden = { csrf: 'sample' };
const developmentMail = {
  ...{ subject: 'Your link to sign in', to: 'alice@example.com' },
  ...{ at: Date.UTC(2031, 4, 3, 14, 3), path: '/dev/mail/sample' },
  textPath: '/dev/mail/sample/text',
};
const shop: PageClient = { name: 'Northwind Shop', host: 'shop.example' };
const documentedShop: PageClient = {
  ...shop,
  policyUrl: 'https://shop.example/privacy',
  termsUrl: 'https://shop.example/terms',
};
const signIn = {
  ...{ action: '/interactions/sample/sign-in', hidden, client: shop },
  ...{ recoveryPath: '/recovery', signUpPath: '/sign-up' },
};
const providers = {
  ...{ action: '/interactions/sample/provider', areByAddress: true },
  list: [
    { id: 'google', name: 'Google' },
    { id: 'staff', name: 'Staff of Example' },
  ],
};
const signInStep = {
  ...{ hidden, client: shop, user: { name: 'Alice Adams', username: 'alice' } },
  switchAction: '/interactions/sample/switch',
  cancelAction: '/interactions/sample/cancel',
};
const secondFactor: PageData['second_factor'] = {
  ...{ ...signInStep, action: '/interactions/sample/second-factor', method: 'totp' },
  otherMethod: '/interactions/sample?with=recovery_code',
};
const sampleUri = 'otpauth://totp/id.example:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const authenticatorApp: PageData['authenticator_app'] = {
  ...{ ...signInStep, action: '/interactions/sample/authenticator-app' },
  ...{ secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP', uri: sampleUri },
  qr: qrCode(sampleUri),
};
const challenge = 'c2FtcGxlIGNoYWxsZW5nZQ';
const passkey = {
  action: '/interactions/sample/passkey',
  ceremony: { challenge, rpId: 'id.example', userVerification: 'required' },
};
const newPasskey = {
  ...{ ...signInStep, action: '/interactions/sample/new-passkey' },
  ceremony: { challenge, rp: { id: 'id.example', name: 'id.example' } },
};
const firstOwner = { action: '/first-owner', hidden: {}, passwordMin: 15 };
const recovery = { action: '/recovery', hidden: {} };
const recoveryCode = { action: '/recovery/code', hidden: {}, againPath: '/recovery' };
const newPassword: PageData['new_password'] = {
  ...{ action: '/recovery/new-password', hidden: { token: 'sample' }, username: 'alice' },
  ...{ passwordMin: 15, needsCode: false },
};
const signUp = {
  ...{ action: '/sign-up', hidden: { challenge: 'sample' }, task: { puzzles: 16, bits: 4 } },
  signInPath: '/account',
};
const signUpCode = {
  ...{ action: '/sign-up/code', hidden: {}, againPath: '/sign-up' },
  address: 'alice@example.com',
};
const signUpAccount = {
  ...{ action: '/sign-up/account', hidden: { token: 'sample' }, email: 'alice@example.com' },
  passwordMin: 15,
};
const signUpDone = {
  ...{ email: 'alice@example.com', isThere: false, isElsewhere: false },
  ...{ nextPath: '/account', recoveryPath: '/recovery' },
};
const deviceCode = { action: '/device', hidden };

const profileScopes = [
  {
    name: 'openid',
    title: 'Know who you are',
    description: 'An identifier of your account, to sign you in',
    required: true,
    checked: true,
  },
  {
    name: 'email',
    title: 'See your email address',
    description: 'And whether it has been verified',
    required: false,
    checked: true,
  },
];
const orderScopes = [
  { name: 'orders:read', title: 'See your orders', required: true, checked: true },
  { name: 'orders:write', title: 'Change your orders', required: false, checked: false },
];

const consent: PageData['consent'] = {
  action: '/interactions/sample/consent',
  cancelAction: '/interactions/sample/cancel',
  hidden,
  client: documentedShop,
  user: { name: 'Alice Adams', username: 'alice' },
  groups: [{ scopes: profileScopes }, { title: 'Orders', scopes: orderScopes }],
  switchAction: '/interactions/sample/switch',
};

const home = {
  issuer: 'https://id.example',
  discoveryUrl: 'https://id.example/.well-known/openid-configuration',
  accountPath: '/account',
};

const guide = createGuide({
  issuer: 'https://id.example',
  consoleUrl: 'https://id.example/console',
  effectiveWithin: 2,
});
const guideAt = (query: string) => guide.read(new URLSearchParams(query));
const apis: PageData['inspect']['apis'] = [
  {
    identifier: 'https://orders.example',
    name: 'Orders',
    format: 'jwt',
    scopes: ['orders:read'],
  },
];
const inspect: PageData['inspect'] = {
  ...{ hidden: {}, apis, issuer: 'https://id.example', problems: {} },
  jwksPath: '/.well-known/jwks.json',
};
const statements = [
  { code: 'signed_by_current', level: 'good', text: 'Signed by the current signing key (k1).' },
  { code: 'expired', level: 'bad', text: 'It expired 2 hours ago, at 2031-05-04 08:20:30 UTC.' },
  { code: 'kid_missing', level: 'fact', text: 'The header names no key (kid).' },
  { code: 'key_in_header', level: 'caution', text: 'The header brings a key of its own (jwk).' },
  { code: 'local_revocation', level: 'unchecked', text: 'The server alone knows.' },
];
const report: PageData['inspect']['report'] = {
  kind: 'JWT access token (RFC 9068)',
  ...{ verdict: 'refused', headline: 'Orders would refuse it', at: '2031-05-04 10:20:30 UTC' },
  reason: 'It expired 2 hours ago, at 2031-05-04 08:20:30 UTC.',
  sections: [
    { name: 'time', title: 'Time', statements, members: [] },
    {
      ...{ name: 'claims', title: 'Content', statements: [] },
      members: [
        {
          ...{ name: 'exp', value: '1935563230', words: 'When it expires (RFC 7519)' },
          ...{ time: '2031-05-04 08:20:30 UTC', relative: '2 hours ago' },
        },
        { name: 'department', value: '["sales"]', words: '', time: '', relative: '' },
      ],
    },
  ],
};

const requests: PageData['requests'] = {
  hidden: { flow: 'authorization_code', redirect_uri: 'https://id.example/inspect/requests' },
  ...{ apis, issuer: 'https://id.example', problems: [], steps: [] },
  ownAddress: 'https://id.example/inspect/requests',
  endpoints: { authorize: 'https://id.example/authorize', token: 'https://id.example/token' },
};
const authorize = 'GET /authorize?response_type=code HTTP/1.1\nHost: id.example';

const expired = { code: 'interaction_expired', status: 400 };

export const pageSamples: Samples = {
  ...accountSamples,
  home: {
    plain: home,
    documented: { ...home, documentationUrl: 'https://docs.example', accountPath: undefined },
  },
  which_credential: {
    start: guideAt(''),
    speed: guideAt('caller=program&ends=others'),
    key: guideAt('caller=program&ends=others&stop=seconds'),
    web: guideAt('caller=person&from=server&user=yes&stop=seconds'),
    agent: guideAt('caller=person&from=agent&ends=others&stop=seconds'),
  },
  sign_in: {
    plain: {
      ...signIn,
      client: documentedShop,
      cancelAction: '/interactions/sample/cancel',
    },
    account: {
      ...{ ...signIn, client: { name: 'Your account', own: 'account', host: 'id.example' } },
      cancelAction: '/interactions/sample/cancel',
    },
    passkey: {
      ...{ ...signIn, passkey, staysSignedIn: false },
      cancelAction: '/interactions/sample/cancel',
    },
    unknown_passkey: {
      ...{ ...signIn, passkey, error: 'invalid_passkey' },
      signals: { rpId: 'id.example', unknown: 'c2FtcGxl' },
    },
    copied_passkey: { ...signIn, passkey, error: 'copied_passkey' },
    again: { ...signIn, isAgain: true, cancelAction: '/interactions/sample/cancel' },
    known_user: {
      ...{ ...signIn, username: 'alice', staysSignedIn: true },
      cancelAction: '/interactions/sample/cancel',
    },
    wrong: {
      ...signIn,
      username: 'alice',
      error: 'invalid_credentials',
      cancelAction: '/interactions/sample/cancel',
    },
    throttled: { ...signIn, username: 'alice', error: 'throttled', retryAfterSeconds: 170 },
    throttled_without_time: { ...signIn, error: 'throttled' },
    expired: { ...signIn, error: 'expired' },
    alone: { action: signIn.action, hidden, cancelAction: '/interactions/sample/cancel' },
    last_by_provider: { ...signIn, providers, passkey, lastWay: { provider: 'google' } },
    last_by_passkey: { ...signIn, providers, passkey, lastWay: 'passkey' },
    last_by_password: { ...signIn, providers, passkey, lastWay: 'password' },
    providers: {
      ...{ ...signIn, providers, passkey, cancelAction: '/interactions/sample/cancel' },
    },
    provider_link: {
      ...{ ...signIn, providers, error: 'provider_link', provider: 'Google' },
      username: 'alice@example.com',
    },
    provider_failed: {
      ...{ ...signIn, providers, error: 'provider_failed', provider: 'Google' },
      reference: 'request-1',
    },
    provider_no_account: {
      ...{ ...signIn, providers, error: 'provider_no_account', provider: 'Google' },
      reference: 'request-1',
    },
  },
  provider_account: {
    plain: {
      ...{ ...signIn, client: shop, provider: 'Google', signInPath: '/interactions/sample' },
      account: { username: 'alice', email: 'alice@example.com', name: 'Alice Adams' },
      cancelAction: '/interactions/sample/cancel',
    },
    nameless: {
      ...{ ...signIn, client: shop, provider: 'Google', signInPath: '/interactions/sample' },
      account: { username: 'google-x3k9p' },
      cancelAction: '/interactions/sample/cancel',
    },
  },
  second_factor: {
    plain: { ...secondFactor, trustDays: 30 },
    wrong: { ...secondFactor, error: 'wrong_code', trustDays: 30 },
    with_passkey: { ...secondFactor, passkey },
    throttled: { ...secondFactor, error: 'throttled', retryAfterSeconds: 170 },
    recovery_code: {
      ...{ ...secondFactor, method: 'recovery_code', otherMethod: '/interactions/sample' },
    },
  },
  authenticator_app: {
    plain: authenticatorApp,
    wrong: { ...authenticatorApp, error: 'wrong_code' },
  },
  passkey: {
    plain: { ...signInStep, ...passkey },
    wrong: { ...signInStep, ...passkey, error: 'invalid_passkey' },
    copied: { ...signInStep, ...passkey, error: 'copied_passkey' },
    throttled: { ...signInStep, ...passkey, error: 'throttled', retryAfterSeconds: 170 },
  },
  new_passkey: {
    plain: newPasskey,
    failed: { ...newPasskey, error: 'new_passkey' },
    too_many: { ...newPasskey, error: 'too_many_passkeys' },
  },
  signed_in: {
    plain: { action: '/interactions/sample/continue', hidden, client: shop },
    offer: {
      ...{ action: '/interactions/sample/continue', hidden, client: shop },
      ceremony: newPasskey.ceremony,
    },
  },
  recovery_codes: {
    plain: {
      ...{ action: '/interactions/sample/continue', hidden },
      codes: ['7K3M-9QXD-T2VR-HB8W-HJ4E-RT6Y', '5F6N-C1GP-4YJA-ZE0S-8QWE-ZX3C'],
    },
  },
  select_account: {
    plain: {
      action: '/interactions/sample/account',
      switchAction: '/interactions/sample/switch',
      cancelAction: '/interactions/sample/cancel',
      hidden,
      client: documentedShop,
      accounts: [
        { id: 'current', user: { name: 'Alice Adams', username: 'alice' } },
        { id: 'another', user: { username: 'bob' } },
        {
          id: 'a-third',
          user: { name: 'Wolfeschlegelsteinhausenbergerdorff', username: 'hubert@mail.example' },
        },
      ],
    },
    unknown_host: {
      action: '/interactions/sample/account',
      switchAction: '/interactions/sample/switch',
      cancelAction: '/interactions/sample/cancel',
      hidden,
      client: { name: 'Television' },
      accounts: [{ id: 'current', user: { username: 'alice' } }],
    },
  },
  consent: {
    plain: consent,
    required_only: {
      ...consent,
      client: shop,
      user: { username: 'alice' },
      groups: [{ scopes: profileScopes.slice(0, 1) }],
      switchAction: undefined,
    },
    native_app: { ...consent, client: { name: 'Northwind App', host: 'com.example.northwind:' } },
    metadata_document: {
      ...consent,
      client: { name: 'Claude', host: 'claude.ai', documentHost: 'claude.ai' },
    },
    local_agent: {
      ...consent,
      client: {
        name: 'Claude Code',
        ...{ host: 'localhost:3118', documentHost: 'claude.ai', caution: 'local' },
      },
    },
    self_registered: {
      ...consent,
      client: { name: 'Northwind Agent', host: 'agent.example', caution: 'unchecked' },
    },
    unknown_host: { ...consent, client: { name: 'Television', policyUrl: 'https://tv.example/p' } },
  },
  device_code: {
    plain: deviceCode,
    prefilled: { ...deviceCode, userCode: 'WDJB-MJHT' },
    not_found: { ...deviceCode, userCode: 'WDJB-MJHX', error: 'not_found' },
    expired: { ...deviceCode, error: 'expired' },
    used: { ...deviceCode, error: 'used' },
    aborted: { ...deviceCode, error: 'aborted' },
    missing: { ...deviceCode, error: 'missing' },
    failed: { ...deviceCode, error: 'failed' },
  },
  device_confirm: {
    plain: {
      action: '/device',
      hidden: { ...hidden, user_code: 'WDJB-MJHT', confirm: 'yes' },
      client: { name: 'Television' },
      userCode: 'WDJB-MJHT',
      device: { ip: '203.0.113.7', userAgent: 'TelevisionOS/4.2 (Living Room)' },
    },
    unknown_device: {
      action: '/device',
      hidden,
      client: { name: 'Television' },
      userCode: 'WDJB-MJHT',
      device: {},
    },
  },
  first_owner: {
    plain: firstOwner,
    invalid_link: { ...firstOwner, username: 'alice', error: 'invalid_link' },
    short_password: { ...firstOwner, link: 'sample', username: 'alice', error: 'short_password' },
    password: { ...firstOwner, link: 'sample', username: 'alice', error: 'password' },
    username: { ...firstOwner, link: 'sample', username: ' ', error: 'username' },
    taken: { ...firstOwner, link: 'sample', username: 'alice', error: 'taken' },
  },
  first_owner_done: { plain: { consoleUrl: 'https://id.example/console' } },
  recovery: {
    plain: recovery,
    gone: { ...recovery, error: 'gone' },
    empty: { ...recovery, error: 'empty' },
    throttled: { ...recovery, name: 'alice', error: 'throttled', retryAfterSeconds: 600 },
  },
  recovery_code: {
    plain: recoveryCode,
    wrong_code: { ...recoveryCode, error: 'wrong_code' },
    exhausted: { ...recoveryCode, error: 'exhausted' },
  },
  new_password: {
    plain: newPassword,
    with_code: { ...newPassword, needsCode: true, passwordMin: 8 },
    wrong_code: { ...newPassword, needsCode: true, passwordMin: 8, error: 'wrong_code' },
    throttled: {
      ...{ ...newPassword, needsCode: true, passwordMin: 8 },
      ...{ error: 'throttled', retryAfterSeconds: 90 },
    },
    short_password: { ...newPassword, error: 'short_password' },
    common_password: { ...newPassword, error: 'common_password' },
    own_words: { ...newPassword, error: 'own_words' },
    breached_password: { ...newPassword, error: 'breached_password' },
  },
  recovery_done: { plain: { username: 'alice', nextPath: '/account' } },
  sign_up: {
    plain: signUp,
    address: { ...signUp, email: 'alice', error: 'address' },
    domain: {
      ...{ ...signUp, email: 'alice@example.com', error: 'domain' },
      domains: ['staff.example', 'bücher.example'],
    },
    throttled: {
      ...signUp,
      email: 'alice@example.com',
      error: 'throttled',
      retryAfterSeconds: 600,
    },
    unsolved: { ...signUp, email: 'alice@example.com', error: 'unsolved', retryAfterSeconds: 600 },
  },
  sign_up_code: {
    plain: signUpCode,
    wrong_code: { ...signUpCode, error: 'wrong_code' },
    exhausted: { ...signUpCode, error: 'exhausted' },
  },
  sign_up_account: {
    plain: signUpAccount,
    name: { ...signUpAccount, name: 'x'.repeat(60), error: 'name' },
    short_password: { ...signUpAccount, name: 'Alice Adams', error: 'short_password' },
    common_password: { ...signUpAccount, error: 'common_password' },
    own_words: { ...signUpAccount, error: 'own_words' },
    breached_password: { ...signUpAccount, error: 'breached_password' },
  },
  sign_up_done: {
    plain: signUpDone,
    elsewhere: { ...signUpDone, isElsewhere: true },
    there: { ...signUpDone, isThere: true },
  },
  sign_up_gone: {
    plain: { againPath: '/sign-up', signInPath: '/account' },
    invited: { signInPath: '/account' },
    alone: {},
  },
  device_done: { plain: { client: { name: 'Television' } }, alone: {} },
  sign_out: {
    plain: { action: '/logout/confirm', hidden, client: shop },
    alone: { action: '/logout/confirm', hidden },
  },
  signing_out: { plain: { frames: [], target: 'https://shop.example/' } },
  signed_out: { plain: {}, of_client: { client: shop } },
  error: {
    plain: { code: 'server_error', status: 500 },
    invalid_client: {
      code: 'invalid_client',
      description: 'client is invalid',
      status: 400,
    },
    invalid_request: {
      code: 'invalid_redirect_uri',
      description: "redirect_uri did not match any of the client's registered redirect_uris",
      status: 400,
    },
    expired: { ...expired, wayOn: { to: 'home', nextUrl: 'https://id.example/' } },
    expired_sign_in: {
      ...expired,
      wayOn: { to: 'sign_in', nextUrl: 'https://id.example/authorize?restart=x', client: shop },
    },
    expired_of_known_website: {
      ...expired,
      wayOn: {
        to: 'app',
        nextUrl: 'https://id.example/authorize?restart=x',
        websiteUrl: 'https://shop.example',
        client: shop,
      },
    },
    expired_device: { ...expired, wayOn: { to: 'device', nextUrl: 'https://id.example/device' } },
    expired_sign_out: {
      ...expired,
      wayOn: { to: 'sign_out', nextUrl: 'https://id.example/logout' },
    },
    denied: { code: 'access_denied', status: 403 },
    not_found: { code: 'not_found', status: 404 },
    throttled: { code: 'too_many_requests', status: 429 },
    unavailable: { code: 'temporarily_unavailable', status: 503 },
    own_title: { title: 'Sign-in is closed', code: 'maintenance', status: 503 },
  },
  inspect: {
    plain: inspect,
    refused: { ...inspect, hidden: { token: 'eyJ0eXAiOiJhdCtqd3QifQ.e30.x' }, report },
    accepted: {
      ...inspect,
      apis: [],
      report: { ...report, verdict: 'accepted', headline: 'valid', reason: '' },
    },
    undecided: { ...inspect, report: { ...report, verdict: 'undecided', reason: '' } },
    mistyped: {
      ...inspect,
      hidden: { at: 'tomorrow', claim: 'department', tolerance: 'x' },
      problems: { token: 'missing', at: 'at', claim: 'claim', tolerance: 'tolerance' },
    },
  },
  requests: {
    plain: requests,
    missing: { ...requests, problems: ['client_id', 'redirect_uri'] },
    built: {
      ...requests,
      steps: [
        { step: 'authorize', hidden: { message: authorize, curl: 'curl -i https://id.example' } },
        { step: 'callback', hidden: { message: authorize, curl: '' } },
      ],
    },
    returned: { ...requests, returned: { hidden: { code: 'sample', state: 'sample' } } },
    refused: { ...requests, returned: { hidden: { error: 'access_denied' } } },
  },
  development_mails: { none: { mails: [] }, some: { mails: [developmentMail] } },
  arrived: { plain: { client: shop, nextUrl: 'https://id.example/authorize/x' } },
  leaving: { plain: { nextUrl: 'https://staff.example/authorize?state=x' } },
  redirecting: {
    plain: { action: 'https://shop.example/callback', hidden: { code: 'sample', state: 'sample' } },
    own: { action: '/device', hidden: { csrf: 'sample', user_code: 'WDJB-MJHT' } },
  },
};
