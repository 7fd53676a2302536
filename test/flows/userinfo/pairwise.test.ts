/** Pairwise subjects (OpenID Connect Core 8.1): one person, another name for each sector. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { basic, eachServer, postForm, requestAuthorization } from '../../support/flows.ts';
import { startLocalSite } from '../../support/local_site.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { declaration, otherPairUri, pairUri, secret, sectorUris } from './configuration.ts';

const site = await startLocalSite({ tls: true });
after(() => site.close());
site.serve('/sector.json', sectorUris);

await eachServer({ declaration: declaration(site.url) }, (server) => {
  const relyingParty = (clientId: string, redirectUri: string) =>
    createRelyingParty({ issuer: server().issuer, clientId, redirectUri });
  const subjectAt = async (clientId: string, redirectUri: string) => {
    const { tokens } = await (await relyingParty(clientId, redirectUri)).signIn();
    return tokens.claims()?.sub;
  };

  test('Two sectors see two subjects for one user, and clients of one sector see the same', async () => {
    const publicName = await subjectAt('app', callbackUri);
    const one = await subjectAt('pair-one', pairUri);
    const two = await subjectAt('pair-two', otherPairUri);
    const sameHost = await subjectAt('pair-three', pairUri);
    assert.equal(new Set([publicName, one, two]).size, 3);
    assert.equal(sameHost, one);
    assert.equal(await subjectAt('pair-one', pairUri), one);
  });

  test('The pairwise subject is the same in every token and response, and the real id is in none', async () => {
    const realName = await subjectAt('app', callbackUri);
    const app = await relyingParty('pair-one', pairUri);
    const { tokens } = await app.signIn({ parameters: { scope: 'openid orders:read' } });
    const name = tokens.claims()?.sub ?? '';
    assert.equal(decodeJwt(tokens.access_token).sub, name);
    const told = await openid.fetchUserInfo(app.config, tokens.access_token, name);
    assert.equal(told.sub, name);
    const refreshed = await openid.refreshTokenGrant(app.config, tokens.refresh_token ?? '');
    assert.equal(refreshed.claims()?.sub, name);
    const { body } = await postForm(
      `${server().issuer}/introspect`,
      { token: tokens.access_token },
      { authorization: basic('orders-api', secret) },
    );
    assert.equal(body.active, true);
    assert.equal(body.sub, name);
    const everything = JSON.stringify([
      tokens,
      refreshed,
      decodeJwt(tokens.access_token),
      decodeJwt(tokens.id_token ?? ''),
      body,
    ]);
    assert.ok(!everything.includes(String(realName)));
  });

  test('A sector identifier groups redirect URIs of several hosts', async () => {
    const [first = '', second = ''] = sectorUris;
    const names = [await subjectAt('sector-app', first), await subjectAt('sector-app', second)];
    assert.ok(names[0]);
    assert.equal(names[0], names[1]);
  });

  test('An ID token hint carries the pairwise subject', async () => {
    const app = await relyingParty('pair-one', pairUri);
    const { agent, tokens } = await app.signIn();
    const again = await app.signIn({
      agent,
      parameters: { prompt: 'none', id_token_hint: tokens.id_token ?? '' },
    });
    assert.equal(again.tokens.claims()?.sub, tokens.claims()?.sub);
  });
});

for (const [what, document] of Object.entries({
  'does not list a redirect URI': sectorUris.slice(1),
  'is not a list': { uris: sectorUris },
})) {
  const path = `/${what.replaceAll(' ', '-')}`;
  site.serve(`${path}/sector.json`, document);
  await eachServer({ declaration: declaration(`${site.url}${path}`) }, (server) => {
    test(`A client whose sector document ${what} is refused`, async () => {
      const { status, location } = await requestAuthorization(server().issuer, {
        client_id: 'sector-app',
        response_type: 'code',
        redirect_uri: sectorUris[0] ?? '',
        scope: 'openid',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      });
      assert.deepEqual([status, location], [400, undefined]);
    });
  });
}
