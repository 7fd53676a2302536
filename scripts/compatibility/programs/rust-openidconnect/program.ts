import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildRust } from '../../installing/builds.ts';
import { webApp } from '../../kinds/web_app.ts';

/** Tokens of an instant: the program takes them for expired at once, and refreshes for each use. */
const brief = {
  identifier: 'https://rust-openidconnect.example',
  name: 'Orders',
  access_token_lifetime: '5s',
};

export const program = webApp({
  name: 'openidconnect with axum (openidconnect: as in Proxmox)',
  registry: 'crates.io',
  version: '4.1.0',
  flow: 'code + PKCE, refresh, userinfo, sign-out',
  settings: '',
  clientId: 'rust-openidconnect',
  callback: '/callback',
  apis: [brief],
  install: buildRust,
  command: ({ folder }) => [join(folder, 'program')],
  async use({ origin }, person) {
    const home = await person.visit(`${origin}/sign-in`);
    assert.match(home.body, /Alice Adams/);
    for (const _ of ['first', 'second']) {
      const { body } = await person.visit(`${origin}/profile`);
      assert.match(body, /"email":"alice@example.com"/);
      assert.match(body, /"groups":\["dev","ops"\]/);
    }
    const left = await person.submit(await person.visit(origin), /sign-out/);
    assert.equal(left.url, `${origin}/`);
    assert.match(left.body, /Sign in/);
    return 'name of the ID token; e-mail and groups of userinfo with a token refreshed twice; signed out';
  },
});
