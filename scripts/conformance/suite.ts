/**
 * The suite's side: a configuration for each family of plans, with what its scripted browser does on our
 * pages. The suite takes a screenshot where it says `update-image-placeholder`; a person reviews those.
 */
import { accountsScope } from './declaration.ts';
import { alias, type Setup } from './setup.ts';

type Command = readonly (string | number)[];

/** What our pages promise to scripts: the button that goes on, the way out, what marks an error page. */
const selectors = {
  proceed: 'button.button-primary',
  cancel: 'form[action$="/cancel"] button',
  error: '.emblem-problem',
  signIn: 'form[action$="/sign-in"]',
  signedOut: '.emblem',
} as const;

export function suiteConfigurations(setup: Setup) {
  const { issuer, secret } = setup;
  const steps = browserSteps(setup);
  const common = {
    alias,
    server: {
      discoveryUrl: `${issuer}/.well-known/openid-configuration`,
      login_hint: setup.person.username,
    },
    browser: [steps.authorize, steps.logout],
    override: overrides(steps),
  };
  const client = (client_id: string) => ({ client_id, client_secret: secret });
  const fapiClient = (index: 0 | 1, scope: string) => ({
    client_id: index === 0 ? 'fapi-one' : 'fapi-two',
    scope,
    jwks: { keys: [setup.fapiKeys[index].privateJwk] },
  });
  const fapi2 = (scope: string) => ({
    ...common,
    client: fapiClient(0, scope),
    client2: fapiClient(1, scope),
    resource: { resourceUrl: setup.api },
  });
  // Of `cardea clients initial-access-token`.
  const registering = (client_name: string) => ({ client_name, initial_access_token: '' });
  const { alias: _alias, ...withoutAlias } = common;
  return {
    // Config, Basic, Form Post and RP-initiated logout.
    openid: {
      ...common,
      client: client('one'),
      client2: client('two'),
      client_secret_post: client('post'),
    },
    backchannel: { ...common, client: client('backchannel') },
    dynamic: {
      ...withoutAlias,
      client: registering('First client'),
      client2: registering('Second client'),
    },
    fapi2_openid: fapi2(`openid profile email ${accountsScope}`),
    fapi2_oauth: fapi2(accountsScope),
  };
}

type Steps = ReturnType<typeof browserSteps>;

function browserSteps({ issuer, person }: Setup) {
  const authorization = `${issuer}/authorize*`;
  const interaction = `${issuer}/interaction/*`;
  const logout = `${issuer}/logout*`;
  const click = (selector: string): Command => ['click', 'css', selector];
  const picture = (selector: string, optional = ''): Command => {
    return ['wait', 'css', selector, 10, '.*', `update-image-placeholder${optional}`];
  };
  const task = (match: string, ...commands: Command[]) => ({ task: match, match, commands });
  const optional = (match: string, ...commands: Command[]) => ({
    ...task(match, ...commands),
    optional: true,
  });
  const callback = task('*/test/*/callback*', ['wait', 'id', 'submission_complete', 10]);
  const consent = optional(interaction, click(selectors.proceed));
  // On the consent page there are no fields to fill in.
  const fillIn: Command[] = [
    ['text', 'name', 'username', person.username, 'optional'],
    ['text', 'name', 'password', person.password, 'optional'],
    click(selectors.proceed),
  ];
  const confirm = optional(logout, click(selectors.proceed));
  return {
    authorize: {
      match: authorization,
      tasks: [optional(interaction, ...fillIn), consent, callback],
    },
    signInAgain: {
      match: authorization,
      tasks: [
        optional(interaction, picture(selectors.signIn, '-optional'), ...fillIn),
        consent,
        callback,
      ],
    },
    lookOnly: { match: authorization, 'match-limit': 1, tasks: [task(interaction)] },
    signInPage: {
      match: authorization,
      tasks: [task(interaction, picture(selectors.signIn))],
    },
    deny: {
      match: authorization,
      tasks: [task(interaction, click(selectors.cancel)), callback],
    },
    errorPage: { match: authorization, tasks: [task(authorization, picture(selectors.error))] },
    logout: { match: logout, tasks: [confirm, task('*/test/*/post*')] },
    logoutError: { match: logout, tasks: [task(logout, picture(selectors.error))] },
    signedOut: { match: logout, tasks: [confirm, task(logout, picture(selectors.signedOut))] },
  };
}

/** Modules whose browser does something else than signing in and out. */
function overrides(steps: Steps) {
  const same = (names: string[], ...browser: object[]) =>
    names.map((name): [string, object] => [name, { browser }]);
  const fapi = (name: string) =>
    ['final', 'id2'].map((version) => `fapi2-security-profile-${version}-${name}`);
  return Object.fromEntries([
    ...same(['oidcc-prompt-login', 'oidcc-max-age-1'], steps.signInAgain),
    ...same(
      [
        'oidcc-ensure-registered-redirect-uri',
        'oidcc-ensure-redirect-uri-in-authorization-request',
        'oidcc-ensure-request-object-with-redirect-uri',
        'oidcc-redirect-uri-query-added',
        'oidcc-redirect-uri-query-mismatch',
      ],
      steps.errorPage,
    ),
    ...same(
      ['logo', 'policy', 'tos'].map((link) => `oidcc-registration-${link}-uri`),
      steps.signInPage,
    ),
    ...same(
      [
        'bad-post-logout-redirect-uri',
        'query-added-to-post-logout-redirect-uri',
        'modified-id-token-hint',
        'bad-id-token-hint',
      ].map((name) => `oidcc-rp-initiated-logout-${name}`),
      steps.authorize,
      steps.logoutError,
    ),
    ...same(
      ['no-id-token-hint', 'no-params', 'no-post-logout-redirect-uri', 'only-state'].map(
        (name) => `oidcc-rp-initiated-logout-${name}`,
      ),
      steps.authorize,
      steps.signedOut,
    ),
    ...same(fapi('user-rejects-authentication'), steps.deny),
    ...same(
      fapi('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds'),
      steps.lookOnly,
      steps.authorize,
    ),
    ...same(fapi('par-attempt-reuse-request_uri'), steps.authorize, steps.errorPage),
  ]);
}
