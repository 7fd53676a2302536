import assert from 'node:assert/strict';
import { buildGo } from '../../builds.ts';
import type { Program } from '../../program.ts';
import { whileServing } from '../../serving.ts';

const client = { client_id: 'go-oidc', client_secret: 'the-secret-of-the-go-web-app-12345' };

export const program: Program = {
  name: 'coreos/go-oidc with golang.org/x/oauth2',
  registry: 'Go',
  version: '3.21.0',
  flow: 'code + PKCE, refresh, userinfo, sign-out',
  settings: '',
  declaration: (origin) => ({
    clients: [
      {
        ...client,
        client_name: 'Shop',
        redirect_uris: [`${origin}/callback`],
        post_logout_redirect_uris: [`${origin}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile email groups',
        apis: [`${origin}/api`],
      },
    ],
    // Tokens of an instant: the program takes them for expired at once, and refreshes for each use.
    apis: [{ identifier: `${origin}/api`, name: 'Orders', access_token_lifetime: '5s' }],
  }),
  install: buildGo,
  attempt: (place, person) =>
    whileServing(place, client, async () => {
      const home = await person.visit(`${place.origin}/sign-in`);
      assert.match(home.body, /Alice Adams, alice@example.com, \[dev ops\]/);
      for (const _ of ['first', 'second']) {
        const { body } = await person.visit(`${place.origin}/profile`);
        assert.match(body, /"email":"alice@example.com"/);
      }
      const left = await person.submit(await person.visit(place.origin), /sign-out/);
      assert.equal(left.url, `${place.origin}/`);
      assert.match(left.body, /Sign in/);
      return 'name, e-mail and groups of the ID token; userinfo with a token refreshed twice; signed out';
    }),
};
