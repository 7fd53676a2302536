/** What apps and APIs learn about a person: only what is granted, and all of that (OpenID Connect Core section 5.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { answerPage, bob } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { declaration, notes, orders, secret } from './configuration.ts';

const ofProtocol = ['iss', 'aud', 'exp', 'iat', 'at_hash', 'nonce', 'sid'];

await eachServer({ declaration }, (server) => {
  const signIn = async (clientId: string, scope: string, choices = {}) => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId });
    const { tokens } = await app.signIn({ parameters: { scope }, ...choices });
    const claims: Record<string, unknown> = { ...tokens.claims() };
    for (const name of ofProtocol) delete claims[name];
    const { sub, acr, amr, auth_time, ...about } = claims;
    assert.ok(sub && acr && amr && auth_time);
    return { tokens, about };
  };
  const userinfo = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${server().issuer}/userinfo`, { headers });
    const { sub, ...about } = (await response.json()) as Record<string, unknown>;
    assert.ok(sub);
    return about;
  };

  test('ID tokens and userinfo carry the claims of the granted scopes, with an API and without', async () => {
    const email = { email: 'alice@example.com', email_verified: true };
    for (const clientId of ['app', 'app-with-api']) {
      const { tokens, about } = await signIn(clientId, 'openid email');
      assert.deepEqual(about, email, clientId);
      assert.deepEqual(await userinfo(tokens.access_token), email, clientId);
    }
    const { about } = await signIn('app', 'openid');
    assert.deepEqual(about, {});
  });

  test('A refreshed ID token carries the same claims', async () => {
    const { tokens } = await signIn('app', 'openid groups');
    const { body } = await postForm(`${server().issuer}/token`, {
      ...{ client_id: 'app', grant_type: 'refresh_token' },
      refresh_token: tokens.refresh_token ?? '',
    });
    assert.deepEqual(decodeJwt(String(body.id_token)).groups, ['dev', 'ops']);
  });

  test('With id_token_claims: minimal, ID tokens carry what the claims parameter asks for, and userinfo everything', async () => {
    const scope = 'openid email groups';
    const { tokens, about } = await signIn('minimal', scope);
    assert.deepEqual(about, {});
    const told = await userinfo(tokens.access_token);
    assert.deepEqual([told.email, told.groups], ['alice@example.com', ['dev', 'ops']]);
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'minimal' });
    const claims = JSON.stringify({ id_token: { email: null } });
    const asked = await app.signIn({ parameters: { scope, claims } });
    assert.equal(asked.tokens.claims()?.email, 'alice@example.com');
    assert.equal(asked.tokens.claims()?.groups, undefined);
  });

  test("Groups, roles and the file's own scopes release their claims, and nothing else does", async () => {
    const { about } = await signIn('app', 'openid groups roles department');
    assert.deepEqual(about, {
      groups: ['dev', 'ops'],
      roles: ['admin'],
      department: 'Sales',
      cost_centre: 4711,
    });
    const only = await signIn('app', 'openid groups');
    assert.deepEqual(only.about, { groups: ['dev', 'ops'] });
  });

  test('Who is in no group has an empty list, and no claim that is not set', async () => {
    const { about } = await signIn('app', 'openid groups roles department', { person: bob });
    assert.deepEqual(about, { groups: [], roles: [] });
  });

  test('A client gets claims as it spells them, in ID tokens and userinfo', async () => {
    const { tokens, about } = await signIn('kubernetes', 'openid email groups roles department');
    const spelled = {
      email: 'oidc:alice@example.com',
      email_verified: true,
      groups: ['oidc:dev', 'oidc:ops'],
      'https://example.com/roles': 'admin',
      department: ['Sales'],
      cost_centre: 4711,
    };
    assert.deepEqual(about, spelled);
    assert.deepEqual(await userinfo(tokens.access_token), spelled);
  });

  test('An API gets the claims that its operator names in JWT access tokens, whatever the app may see', async () => {
    const { tokens } = await signIn('app-with-api', 'openid orders:read');
    const { groups, roles, badge, department, email } = decodeJwt(tokens.access_token);
    assert.deepEqual([groups, roles, badge], [['dev', 'ops'], ['admin'], 'A7']);
    assert.deepEqual([department, email], [undefined, undefined]);
    assert.deepEqual(await userinfo(tokens.access_token), {});
    const { body } = await postForm(
      `${server().issuer}/introspect`,
      { token: tokens.access_token },
      { authorization: basic('orders-api', secret) },
    );
    assert.deepEqual([body.active, body.groups], [true, ['dev', 'ops']]);
  });

  test('Without a scope of the API its token says nothing of the person', async () => {
    const { tokens } = await signIn('app-with-api', 'openid');
    const { aud, groups, badge } = decodeJwt(tokens.access_token);
    assert.deepEqual([groups, badge], [undefined, undefined]);
    assert.ok([aud].flat().includes(orders));
  });

  test("The consent page says what an API's tokens tell the app, and a refusal of the API keeps it untold", async () => {
    const agent = createUserAgent();
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'asking-with-api' });
    const query = new URLSearchParams({
      ...{ client_id: 'asking-with-api', response_type: 'code' },
      ...{ redirect_uri: 'https://app.example/callback', scope: 'openid orders:read' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    });
    const page = await agent.open(`${server().issuer}/authorize?${query}`);
    const { html } = await answerPage(agent, page, 'https://app.example/callback');
    assert.match(html, /Learn about you: groups, roles, badge/);
    const { tokens } = await app.signIn({
      ...{ agent, scopes: [], parameters: { scope: 'openid orders:read' } },
    });
    assert.equal(decodeJwt(tokens.access_token).groups, undefined);
  });

  test("A service's token carries no person's claims; introspection of an opaque one names the client as subject", async () => {
    const token = async (resource: string) => {
      const fields = { grant_type: 'client_credentials', resource };
      const headers = { authorization: basic('job', secret) };
      const { body } = await postForm(`${server().issuer}/token`, fields, headers);
      return String(body.access_token);
    };
    const jwt = decodeJwt(await token(orders));
    assert.deepEqual([jwt.sub, jwt.groups], ['job', undefined]);
    const { body } = await postForm(
      `${server().issuer}/introspect`,
      { token: await token(notes) },
      { authorization: basic('notes-api', secret) },
    );
    assert.deepEqual([body.active, body.sub, body.client_id], [true, 'job', 'job']);
  });

  test("The consent page shows what the file says of its scopes, in the person's language", async () => {
    const agent = createUserAgent();
    const query = new URLSearchParams({
      ...{
        client_id: 'asking',
        response_type: 'code',
        redirect_uri: 'https://app.example/callback',
      },
      ...{ scope: 'openid groups department', ui_locales: 'de' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    });
    const signInPage = await agent.open(`${server().issuer}/authorize?${query}`);
    const { html } = await answerPage(agent, signInPage, 'https://app.example/callback');
    assert.match(html, /Ihre Abteilung sehen/);
    assert.match(html, /Ihre Gruppen sehen/);
  });

  test('ID tokens of a client with a back-channel logout URI name the session', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'told' });
    const { tokens } = await app.signIn();
    assert.equal(typeof tokens.claims()?.sid, 'string');
  });

  test('Discovery names the scopes and claims', async () => {
    const response = await fetch(`${server().issuer}/.well-known/openid-configuration`);
    const { scopes_supported, claims_supported } = (await response.json()) as Record<
      string,
      string[]
    >;
    for (const name of ['groups', 'roles', 'department']) {
      assert.ok(scopes_supported?.includes(name), name);
      assert.ok(claims_supported?.includes(name), name);
    }
  });
});
