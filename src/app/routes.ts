/**
 * The route table: every route once, with everything that the layers of a request need to know about it. A new
 * endpoint is one row here and one file in its room.
 */
import { serverLimits } from '../definitions/limits.ts';
import { accountRows } from './account_routes.ts';
import { adminRows } from './admin_routes.ts';
import { consoleRows } from './console_routes.ts';
import type { RouteRow } from './route_row.ts';

type Kind = Omit<RouteRow, 'path' | 'methods' | 'name' | 'answer'>;

const usual = {
  bodyLimit: serverLimits.requestBody,
  cors: 'none',
  hot: false,
  log: 'info',
  guards: [],
} as const;
/** Called by programs; errors as OAuth defines them. */
const protocol: Kind = { ...usual, errors: 'oauth' };
/** Protocol endpoints that a client's own pages may also call across origins. */
const call: Kind = { ...protocol, cors: 'clients', hot: true };
/** Public metadata that any origin may read. */
const facts: Kind = { ...protocol, cors: { send: '*', see: '' }, hot: true };
/** Public status lists, for programs that poll with an ETag and wait for the next version. */
const list: Kind = {
  ...protocol,
  cors: { send: 'If-None-Match, Prefer', see: 'ETag, Preference-Applied, Retry-After' },
};
/** Called by programs; errors as problem+json. */
const service: Kind = { ...usual, errors: 'problem' };
/** Pages for people. */
const page: Kind = { ...usual, errors: 'page' };
/** Pages that expire. */
const expiring: Kind = { ...page, guards: ['currentPages', 'wayOn'] };

const read = ['GET'] as const;
const post = ['POST'] as const;
const both = ['GET', 'POST'] as const;

export const routes: readonly RouteRow[] = [
  {
    ...page,
    path: '/',
    methods: read,
    name: 'home',
    guards: ['currentPages'],
    answer: ({ home }) => home,
  },
  {
    ...page,
    path: '/which-credential',
    methods: read,
    name: 'which_credential',
    answer: ({ guide }) => guide,
  },
  {
    ...facts,
    path: '/.well-known/openid-configuration',
    methods: read,
    name: 'discovery',
    handler: ({ oidc }) => oidc.discovery,
    answer: ({ oidc }) => oidc.computeDiscovery,
  },
  {
    ...facts,
    path: '/.well-known/oauth-authorization-server',
    methods: read,
    name: 'discovery',
    handler: ({ oidc }) => oidc.discovery,
    answer: ({ oidc }) => oidc.computeDiscovery,
  },
  {
    ...facts,
    path: '/.well-known/jwks.json',
    methods: read,
    name: 'jwks',
    handler: ({ oidc }) => oidc.jwks,
  },
  {
    ...call,
    path: '/token',
    methods: post,
    name: 'token',
    guards: ['keyInQuery'],
    handler: ({ oidc }) => oidc.programs.token,
  },
  {
    ...call,
    path: '/introspect',
    methods: post,
    name: 'introspection',
    guards: ['keyInQuery'],
    handler: ({ oidc }) => oidc.programs.introspection,
  },
  {
    ...call,
    path: '/revoke',
    methods: post,
    name: 'revocation',
    guards: ['keyInQuery'],
    handler: ({ oidc }) => oidc.programs.revocation,
  },
  {
    ...call,
    path: '/userinfo',
    methods: both,
    name: 'userinfo',
    answer: ({ oidc }) => oidc.userinfo,
  },
  {
    ...call,
    path: '/par',
    methods: post,
    name: 'pushed_authorization_request',
    answer: ({ oidc }) => oidc.pushedAuthorizationRequest,
  },
  {
    ...call,
    path: '/device_authorization',
    methods: post,
    name: 'device_authorization',
    answer: ({ oidc }) => oidc.deviceAuthorization,
  },
  {
    ...protocol,
    path: '/register',
    methods: post,
    name: 'registration',
    // Agents run in browsers, too, and nothing here depends on cookies.
    cors: { send: 'Authorization, Content-Type', see: 'Retry-After, WWW-Authenticate' },
    answer: ({ oidc }) => oidc.registration?.register,
  },
  {
    ...protocol,
    path: '/register/:clientId',
    methods: read,
    name: 'client',
    answer: ({ oidc }) => oidc.registration?.read,
  },
  {
    ...protocol,
    path: '/register/:clientId',
    methods: ['PUT'],
    name: 'client_update',
    answer: ({ oidc }) => oidc.registration?.update,
  },
  {
    ...protocol,
    path: '/register/:clientId',
    methods: ['DELETE'],
    name: 'client_delete',
    answer: ({ oidc }) => oidc.registration?.remove,
  },
  {
    ...list,
    path: '/status-lists',
    methods: read,
    name: 'status_lists',
    handler: ({ statusLists }) => statusLists.lists,
  },
  {
    ...list,
    path: '/status-lists/:id',
    methods: read,
    name: 'status_list',
    hot: true,
    log: 'debug',
    handler: ({ statusLists }) => statusLists.list,
  },
  {
    ...service,
    path: '/api-keys/verify',
    methods: post,
    name: 'api_key_verification',
    hot: true,
    guards: ['keyInQuery'],
    handler: ({ apiKeys }) => apiKeys.verify,
  },
  {
    ...service,
    path: '/forward-auth',
    methods: 'any',
    name: 'forward_auth',
    hot: true,
    handler: ({ forwardAuth }) => forwardAuth,
  },
  {
    ...service,
    path: '/forward-auth/{*below}',
    methods: 'any',
    name: 'forward_auth',
    handler: ({ forwardAuth }) => forwardAuth,
  },
  {
    ...service,
    path: '/leaks',
    methods: post,
    name: 'leaks',
    answer: ({ leaks }) => leaks.scanner,
  },
  {
    ...service,
    path: '/leaks/github',
    methods: post,
    name: 'leaks_github',
    bodyLimit: serverLimits.githubReport,
    answer: ({ leaks }) => leaks.github,
  },
  {
    ...page,
    path: '/authorize',
    methods: both,
    name: 'authorization',
    guards: ['wayOn', 'postAsGet', 'ownBrowser'],
    answer: ({ oidc }) => oidc.authorization,
  },
  {
    ...page,
    path: '/authorize/:uid',
    methods: read,
    name: 'resume',
    guards: ['currentPages', 'wayOn', 'ownBrowser'],
    answer: ({ oidc }) => oidc.resume,
  },
  {
    ...expiring,
    path: '/interaction/:uid',
    methods: read,
    name: 'interaction',
    answer: ({ interactions }) => interactions.page,
  },
  {
    ...expiring,
    path: '/interaction/:uid/sign-in',
    methods: post,
    name: 'sign_in',
    answer: ({ interactions }) => interactions.signIn,
  },
  {
    ...expiring,
    path: '/interaction/:uid/second-factor',
    methods: post,
    name: 'second_factor',
    answer: ({ interactions }) => interactions.secondFactor,
  },
  {
    ...expiring,
    path: '/interaction/:uid/authenticator-app',
    methods: post,
    name: 'set_up_authenticator_app',
    answer: ({ interactions }) => interactions.authenticatorApp,
  },
  {
    ...expiring,
    path: '/interaction/:uid/continue',
    methods: post,
    name: 'continue_sign_in',
    answer: ({ interactions }) => interactions.goOn,
  },
  {
    ...expiring,
    path: '/interaction/:uid/account',
    methods: post,
    name: 'keep_account',
    answer: ({ interactions }) => interactions.keepAccount,
  },
  {
    ...expiring,
    path: '/interaction/:uid/consent',
    methods: post,
    name: 'consent',
    answer: ({ interactions }) => interactions.consent,
  },
  {
    ...expiring,
    path: '/interaction/:uid/cancel',
    methods: post,
    name: 'cancel',
    answer: ({ interactions }) => interactions.cancel,
  },
  {
    ...expiring,
    path: '/interaction/:uid/switch',
    methods: post,
    name: 'switch_account',
    answer: ({ interactions }) => interactions.switchAccount,
  },
  {
    ...page,
    path: '/device',
    methods: both,
    name: 'code_verification',
    guards: ['currentPages', 'deviceThrottle', 'ownForm', 'ownBrowser'],
    answer: ({ oidc }) => oidc.device,
  },
  {
    ...page,
    path: '/device/:uid',
    methods: read,
    name: 'device_resume',
    guards: ['currentPages', 'wayOn', 'ownBrowser'],
    answer: ({ oidc }) => oidc.deviceResume,
  },
  {
    ...page,
    path: '/logout',
    methods: both,
    name: 'end_session',
    guards: ['currentPages', 'postAsGet', 'ownBrowser'],
    answer: ({ oidc }) => oidc.logout,
  },
  {
    ...page,
    path: '/logout/confirm',
    methods: post,
    name: 'end_session_confirm',
    guards: ['currentPages', 'wayOn', 'ownForm', 'ownBrowser'],
    answer: ({ oidc }) => oidc.logoutConfirm,
  },
  {
    ...page,
    path: '/logout/success',
    methods: read,
    name: 'end_session_success',
    guards: ['currentPages', 'ownBrowser'],
    answer: ({ oidc }) => oidc.logoutSuccess,
  },
  {
    ...page,
    path: '/first-owner',
    methods: read,
    name: 'first_owner',
    answer: ({ firstOwner }) => firstOwner.page,
  },
  {
    ...page,
    path: '/first-owner',
    methods: post,
    name: 'first_owner',
    answer: ({ firstOwner }) => firstOwner.submit,
  },
  {
    ...page,
    path: '/inspect',
    methods: both,
    name: 'inspect',
    guards: ['ownForm'],
    answer: ({ inspector }) => inspector.ofStrangers?.inspect,
  },
  {
    ...page,
    path: '/inspect/requests',
    methods: both,
    name: 'inspect_requests',
    guards: ['ownForm'],
    answer: ({ inspector }) => inspector.ofStrangers?.requests,
  },
  {
    ...page,
    path: '/dev/mail',
    methods: read,
    name: 'development_mails',
    answer: ({ developmentMail }) => developmentMail?.list,
  },
  {
    ...page,
    path: '/dev/mail/:id',
    methods: read,
    name: 'development_mail',
    answer: ({ developmentMail }) => developmentMail?.html,
  },
  {
    ...page,
    path: '/dev/mail/:id/text',
    methods: read,
    name: 'development_mail_text',
    answer: ({ developmentMail }) => developmentMail?.text,
  },
  {
    ...page,
    path: '/assets/*file',
    methods: read,
    name: 'asset',
    log: 'debug',
    answer: ({ assets }) => assets,
  },
  {
    ...page,
    path: '/favicon.ico',
    methods: read,
    name: 'asset',
    log: 'debug',
    answer: ({ assets }) => assets,
  },
  {
    ...service,
    path: '/admin/v1/openapi.json',
    methods: read,
    name: 'admin.description',
    handler: ({ admin }) => admin.description,
  },
  ...adminRows(service),
  {
    ...page,
    path: '/console/callback',
    methods: read,
    name: 'console.callback',
    answer: ({ console }) => console.callback,
  },
  {
    ...page,
    path: '/console/sign-out',
    methods: post,
    name: 'console.sign_out',
    answer: ({ console }) => console.signOut,
  },
  {
    ...page,
    path: '/console/signed-out',
    methods: read,
    name: 'console.signed_out',
    answer: ({ console }) => console.signedOut,
  },
  ...consoleRows(page),
  ...accountRows({ ...page, guards: ['currentPages'] }),
];
