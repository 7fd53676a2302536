/** Front-channel logout (OpenID Connect Front-Channel Logout 1.0): the browser opens each app's logout page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { people } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { eachServer } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';

const otherUri = 'https://other.example/callback';
const byeUri = 'https://app.example/bye';
const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  scope: 'openid',
  consent: 'skip',
};

const declaration = {
  users: people,
  clients: [
    {
      ...{ ...app, client_id: 'app', redirect_uris: [callbackUri] },
      post_logout_redirect_uris: [byeUri],
      frontchannel_logout_uri: 'https://app.example/logout?from=cardea',
    },
    {
      ...{ ...app, client_id: 'other-app', redirect_uris: [otherUri] },
      frontchannel_logout_uri: 'https://other.example/logout',
    },
    { ...app, client_id: 'untold-app', redirect_uris: ['https://untold.example/callback'] },
  ],
};

await eachServer({ declaration }, (server) => {
  const signIn = async (clientId: string, agent = createUserAgent(), redirectUri = callbackUri) => {
    const { issuer } = server();
    const party = await createRelyingParty({ issuer, clientId, redirectUri });
    return party.signIn({ agent });
  };
  const framesIn = (html: string) =>
    [...html.matchAll(/<iframe src="([^"]+)"/g)].map(
      ([, src = '']) => new URL(src.replaceAll('&amp;', '&')),
    );

  test('After a sign-out the browser opens the page of each app of the session, and then goes on', async () => {
    const { issuer } = server();
    const { agent, tokens } = await signIn('app');
    const other = await signIn('other-app', agent, otherUri);
    await signIn('untold-app', agent, 'https://untold.example/callback');
    const query = new URLSearchParams({
      ...{ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: byeUri, state: 's&1' },
    });
    const page = await agent.open(`${issuer}/logout?${query}`, { stopAt: byeUri });
    assert.equal(page.status, 200);
    const frames = framesIn(page.html);
    assert.deepEqual(
      frames.map(({ origin, pathname, searchParams }) => [
        `${origin}${pathname}`,
        Object.fromEntries(searchParams),
      ]),
      [
        ['https://app.example/logout', { from: 'cardea', iss: issuer, sid: tokens.claims()?.sid }],
        ['https://other.example/logout', { iss: issuer, sid: other.tokens.claims()?.sid }],
      ],
    );
    assert.match(
      page.headers.get('refresh') ?? '',
      /^2; url=https:\/\/app\.example\/bye\?state=s%261$/,
    );
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      /frame-src https:\/\/app\.example https:\/\/other\.example$/,
    );
    assert.ok(page.html.includes(`href="${byeUri}?state=s%261"`));
    assert.equal(page.headers.get('location'), null);
  });

  test('A session without such apps, and a person who stays, see no frames', async () => {
    const { issuer } = server();
    const untold = await signIn('untold-app', undefined, 'https://untold.example/callback');
    const gone = await untold.agent.open(`${issuer}/logout`);
    const done = await untold.agent.submit(gone, {
      action: /\/confirm$/,
      fields: { logout: 'yes' },
    });
    assert.deepEqual(framesIn(done.html), []);
    const { agent } = await signIn('app');
    const asked = await agent.open(`${issuer}/logout`);
    const stayed = await agent.submit(asked, { action: /\/confirm$/ });
    assert.deepEqual(framesIn(stayed.html), []);
  });

  test('Discovery says so', async () => {
    const response = await fetch(`${server().issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    assert.equal(metadata.frontchannel_logout_supported, true);
    assert.equal(metadata.frontchannel_logout_session_supported, true);
  });
});
