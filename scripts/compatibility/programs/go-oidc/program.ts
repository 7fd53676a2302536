import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { webApp } from '../../kinds/web_app.ts';

/** Tokens of an instant: the program takes them for expired at once, and refreshes for each use. */
const brief = {
  identifier: 'https://go-oidc.example',
  name: 'Orders',
  access_token_lifetime: '5s',
};

export const program = webApp({
  name: 'coreos/go-oidc with golang.org/x/oauth2',
  registry: 'Go',
  version: '3.21.0',
  flow: 'code + PKCE, refresh, userinfo, sign-out',
  settings: '',
  clientId: 'go-oidc',
  callback: '/callback',
  apis: [brief],
  install: buildGo,
  command: ({ folder }) => [join(folder, 'program')],
  async use({ origin }, person) {
    const home = await person.visit(`${origin}/sign-in`);
    assert.match(home.body, /Alice Adams, alice@example.com, \[dev ops\]/);
    for (const _ of ['first', 'second']) {
      const { body } = await person.visit(`${origin}/profile`);
      assert.match(body, /"email":"alice@example.com"/);
    }
    const left = await person.submit(await person.visit(origin), /sign-out/);
    assert.equal(left.url, `${origin}/`);
    assert.match(left.body, /Sign in/);
    return 'name, e-mail and groups of the ID token; userinfo with a token refreshed twice; signed out';
  },
});
