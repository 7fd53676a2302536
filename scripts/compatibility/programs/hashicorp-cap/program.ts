import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';

import { webApp } from '../../kinds/web_app.ts';

export const program = webApp({
  name: 'hashicorp/cap (as in Vault and Boundary)',
  registry: 'Go',
  version: '0.16.0',
  flow: 'code + PKCE with max_age, userinfo',
  settings: '',
  clientId: 'hashicorp-cap',
  callback: '/callback',
  install: buildGo,
  command: ({ folder }) => [join(folder, 'program')],
  async use({ origin }, person) {
    const { body } = await person.visit(`${origin}/sign-in`);
    assert.match(body, /ID token: Alice Adams, \[dev ops\]; userinfo: alice@example.com/);
    return 'name and groups of the ID token, e-mail of userinfo; auth_time, nonce and at_hash accepted';
  },
});
