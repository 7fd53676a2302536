import assert from 'node:assert/strict';
import { buildRust } from '../../builds.ts';
import type { Program } from '../../program.ts';
import { whileServing } from '../../serving.ts';

const client = {
  client_id: 'rust-openidconnect',
  client_secret: 'the-secret-of-the-rust-web-app-12345',
};

export const program: Program = {
  name: 'openidconnect with axum (openidconnect: as in Proxmox)',
  registry: 'crates.io',
  version: '4.1.0',
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
  install: buildRust,
  attempt: (place, person) =>
    whileServing(place, client, async () => {
      const home = await person.visit(`${place.origin}/sign-in`);
      assert.match(home.body, /Alice Adams/);
      for (const _ of ['first', 'second']) {
        const { body } = await person.visit(`${place.origin}/profile`);
        assert.match(body, /"email":"alice@example.com"/);
        assert.match(body, /"groups":\["dev","ops"\]/);
      }
      const left = await person.submit(await person.visit(place.origin), /sign-out/);
      assert.equal(left.url, `${place.origin}/`);
      assert.match(left.body, /Sign in/);
      return 'name of the ID token; e-mail and groups of userinfo with a token refreshed twice; signed out';
    }),
};
