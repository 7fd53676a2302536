/** GitHub as a provider, against what it documents that it answers. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as openid from 'openid-client';
import { type GitHub, type GitHubState, startGitHub } from '../../harness/providers/github.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { githubClaims, githubMetadata } from '../../src/identity_providers/github.ts';
import { createGitHubProtocol } from '../../src/identity_providers/github_protocol.ts';
import { identityProvider } from '../../src/identity_providers/provider.ts';
import { createOutboundFetch } from '../../src/net/outbound.ts';

const redirectUri = 'https://cardea.example/sign-in-with/github/callback';

describe('a person who comes from GitHub', () => {
  let github: GitHub;
  let usual: GitHubState;
  before(async () => {
    github = await startGitHub({ redirectUri });
    usual = structuredClone(github.state);
  });
  beforeEach(() => Object.assign(github.state, structuredClone(usual)));
  after(() => github.close());

  const signIn = async ({ verifier: sent }: { verifier?: string } = {}) => {
    const { issuer, clientId, clientSecret } = github;
    const config = new openid.Configuration(
      ...([githubMetadata(issuer), clientId, {}, openid.ClientSecretPost(clientSecret)] as const),
    );
    openid.allowInsecureRequests(config);
    config[openid.customFetch] = createOutboundFetch({
      ...{ allow: ['127.0.0.1'], log: { warn() {} } },
    }) as never;
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const url = openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri: redirectUri, state, scope: 'read:user user:email' },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const { headers } = await fetch(url, { redirect: 'manual' });
    const callback = new URL(headers.get('location') ?? '');
    const checks = { pkceCodeVerifier: sent ?? verifier, expectedState: state };
    const tokens = await openid.authorizationCodeGrant(config, callback, checks);
    return githubClaims(config, tokens.access_token);
  };

  it('is known by the number that GitHub gives no other, and by the primary address that is verified', async () => {
    assert.deepEqual(await signIn(), {
      ...{ sub: '583231', preferred_username: 'octocat', name: 'The Octocat' },
      ...{ email: 'octocat@github.example', email_verified: true },
    });
  });

  it('has no address where the primary one is not verified, whatever the others and the profile say', async () => {
    github.state.emails = [
      { email: 'victim@example.com', primary: true, verified: false },
      { email: 'mallory@example.com', primary: false, verified: true },
    ];
    github.state.user.email = 'victim@example.com';
    const claims = await signIn();
    assert.equal(claims.email, undefined);
    assert.equal(claims.email_verified, undefined);
  });

  it('has no address where GitHub does not tell them', async () => {
    github.state.hidesEmails = true;
    assert.equal((await signIn()).email, undefined);
  });

  it('is nobody where the number is none', async () => {
    for (const id of [0, -1, 1.5, 2 ** 60, '583231', null]) {
      Object.assign(github.state.user, { id });
      await assert.rejects(signIn(), { problem: 'failed' });
    }
  });

  it('is nobody with a code that is spent, or another verifier: errors with status 200 are errors', async () => {
    github.state.tokenError = 'bad_verification_code';
    await assert.rejects(signIn());
    github.state.tokenError = undefined;
    await assert.rejects(signIn({ verifier: openid.randomPKCECodeVerifier() }));
  });

  it('is nobody who clicked Cancel', async () => {
    github.state.denies = true;
    await assert.rejects(signIn(), { error: 'access_denied' });
  });

  it('is asked which account to use where a choice is wanted, and not otherwise', async () => {
    const { issuer, clientId } = github;
    const [config] = declarationSchema.parse({
      identity_providers: [{ id: 'github', preset: 'github', issuer, client_id: clientId }],
    }).identity_providers;
    const provider = identityProvider(config ?? assert.fail());
    const protocol = createGitHubProtocol({ provider, fetch, clock: { now: Date.now } });
    const wish = { redirectUri, state: 'state', nonce: 'nonce', verifier: 'a'.repeat(43) };
    const promptOf = async (isChoice: boolean) =>
      (await protocol.authorizationUrl({ ...wish, isChoice })).searchParams.get('prompt');
    assert.equal(await promptOf(true), 'select_account');
    assert.equal(await promptOf(false), null);
  });
});
