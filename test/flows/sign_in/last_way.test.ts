/** The mark of the way in which somebody last signed in in this browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { eachServer } from '../../support/flows.ts';
import { createRelyingParty, type RelyingParty } from '../../support/relying_party.ts';
import { declaration } from './configuration.ts';

function signInPage(app: RelyingParty) {
  return openid.buildAuthorizationUrl(app.config, {
    ...{ redirect_uri: app.redirectUri, scope: 'openid', prompt: 'login' },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
  }).href;
}

const staff = {
  ...{ id: 'staff', name: 'Staff', issuer: 'https://login.staff.example' },
  ...{ client_id: 'cardea', client_secret: 'a-secret-of-thirty-two-characters' },
};

await eachServer({ declaration: { ...declaration, identity_providers: [staff] } }, (server) => {
  test('The way that was used last is marked, also when the browser was closed, without a name', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const before = await createUserAgent().open(signInPage(app));
    assert.doesNotMatch(before.html, /Used last time/);
    const { agent } = await app.signIn();
    agent.close();
    const { html } = await agent.open(signInPage(app));
    assert.match(html, /Sign in<span class="last-way"[^>]*>Used last time/);
    assert.equal(html.split('Used last time').length, 2);
    assert.doesNotMatch(html, /alice/i);
  });

  test('A way that nobody offers is not marked', async () => {
    const app = await createRelyingParty({ issuer: server().issuer, clientId: 'app' });
    const agent = createUserAgent();
    for (const value of [
      'by.provider.gone',
      'by.provider.',
      'by.constructor',
      'password',
      '%00',
      'x'.repeat(3000),
    ]) {
      agent.plant(app.config.serverMetadata().issuer, [
        { name: 'cardea_last_way', value, path: '/' },
      ]);
      const { status, html } = await agent.open(signInPage(app));
      assert.equal(status, 200, value);
      assert.doesNotMatch(html, /Used last time/, value);
    }
  });
});
