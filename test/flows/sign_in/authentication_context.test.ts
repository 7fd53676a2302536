/** `acr`, `amr` and `auth_time` tell the truth about a sign-in, wherever they are asked for or shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { eachServer } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { declaration, orders } from './configuration.ts';

const password = 'urn:cardea:acr:password';
const unreachable = 'urn:example:acr:retina';

await eachServer({ declaration }, (server) => {
  const relyingParty = () => createRelyingParty({ issuer: server().issuer, clientId: 'app' });
  const acr = (request: object) => ({ claims: JSON.stringify({ id_token: { acr: request } }) });
  const answerTo = async (parameters: Record<string, string>) => {
    const app = await relyingParty();
    const url = openid.buildAuthorizationUrl(app.config, {
      scope: 'openid',
      redirect_uri: callbackUri,
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return (await walkToClient(createUserAgent(), url, callbackUri)).searchParams;
  };

  test('Discovery names the authentication context classes', async () => {
    const app = await relyingParty();
    assert.deepEqual(app.config.serverMetadata().acr_values_supported, [
      ...[password, 'urn:cardea:acr:mfa', 'urn:cardea:acr:phishing-resistant'],
    ]);
  });

  test('A voluntary acr that cannot be satisfied is not claimed', async () => {
    const app = await relyingParty();
    for (const parameters of [
      { acr_values: unreachable },
      { acr_values: `${unreachable} ${password}` },
      acr({ value: unreachable }),
      acr({ values: [unreachable] }),
    ]) {
      const { tokens } = await app.signIn({ parameters });
      assert.equal(tokens.claims()?.acr, password);
      assert.deepEqual(tokens.claims()?.amr, ['pwd']);
    }
  });

  test('An essential acr that can be satisfied is satisfied', async () => {
    const app = await relyingParty();
    for (const parameters of [
      acr({ essential: true, value: password }),
      acr({ essential: true, values: [unreachable, password] }),
      acr({ essential: true }),
    ]) {
      const { tokens } = await app.signIn({ parameters });
      assert.equal(tokens.claims()?.acr, password);
    }
  });

  test('An essential acr that cannot be satisfied ends in an error, not in a loop', async () => {
    const { agent } = await (await relyingParty()).signIn();
    assert.ok(agent);
    for (const request of [
      { essential: true, value: unreachable },
      { essential: true, values: [unreachable] },
      { essential: true, values: [unreachable], value: unreachable },
    ]) {
      const besides: Record<string, string>[] = [{}, { prompt: 'none' }, { prompt: 'login' }];
      for (const more of besides) {
        const answer = await answerTo({ ...acr(request), ...more });
        const label = JSON.stringify({ request, more });
        assert.equal(answer.get('error'), 'unmet_authentication_requirements', label);
      }
    }
  });

  test('A malformed acr request is refused', async () => {
    for (const request of [
      { essential: true, values: password },
      { essential: true, values: { 0: password } },
    ]) {
      const answer = await answerTo(acr(request));
      assert.ok(answer.get('error'), JSON.stringify(request));
      assert.equal(answer.get('code'), null);
    }
  });

  test('A JWT access token says how and when the user signed in, even after a refresh', async () => {
    const app = await relyingParty();
    const { tokens } = await app.signIn({
      parameters: { scope: 'openid orders:read', resource: orders },
    });
    const idToken = tokens.claims();
    const refreshed = await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '');
    for (const token of [tokens.access_token, refreshed.access_token]) {
      const claims = decodeJwt(token);
      assert.equal(claims.acr, password);
      assert.deepEqual(claims.amr, ['pwd']);
      assert.equal(claims.auth_time, idToken?.auth_time);
    }
    assert.equal(refreshed.claims()?.auth_time, idToken?.auth_time);
    assert.equal(refreshed.claims()?.acr, password);
  });
});
