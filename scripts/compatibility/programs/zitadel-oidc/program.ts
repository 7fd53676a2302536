import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';

import { webApp } from '../../kinds/web_app.ts';

export const program = webApp({
  name: 'zitadel/oidc, relying party',
  registry: 'Go',
  version: '3.52.0',
  flow: 'code + PKCE, refresh, userinfo, sign-out',
  settings:
    'in the program: without the scope `offline_access`, or with `prompt=consent`; it repeats its scopes when it refreshes',
  clientId: 'zitadel-oidc',
  callback: '/callback',
  install: buildGo,
  command: ({ folder }) => [join(folder, 'program')],
  async use({ origin }, person) {
    const { body } = await person.visit(`${origin}/sign-in`);
    assert.match(body, /ID token: Alice Adams, \[dev ops\]; userinfo: alice@example.com/);
    for (const _ of ['first', 'second']) {
      const refreshed = await person.visit(`${origin}/refresh`);
      assert.match(refreshed.body, /refreshed for Alice Adams/);
    }
    const left = await person.visit(`${origin}/sign-out`);
    assert.equal(left.url, `${origin}/`);
    const afterwards = await person.visit(`${origin}/refresh`);
    assert.match(afterwards.body, /invalid_grant/);
    return 'name and groups of the ID token, e-mail of userinfo; refreshed twice; no more after it signed out';
  },
});
