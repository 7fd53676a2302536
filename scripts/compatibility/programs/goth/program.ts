import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';

import { webApp } from '../../kinds/web_app.ts';

export const program = webApp({
  name: 'markbates/goth, openidConnect (as in Gitea)',
  registry: 'Go',
  version: '1.82.0',
  flow: 'code, refresh, userinfo',
  settings: 'in Cardea: `require_pkce: false`; it does no PKCE by itself',
  clientId: 'goth',
  callback: '/callback',
  client: { require_pkce: false, scope: 'openid profile email groups offline_access' },
  install: buildGo,
  command: ({ folder }) => [join(folder, 'program')],
  async use({ origin }, person) {
    const { body } = await person.visit(`${origin}/sign-in`);
    assert.match(body, /Alice Adams, alice@example.com, \["dev","ops"\]/);
    const refreshed = await person.visit(`${origin}/refresh`);
    assert.match(refreshed.body, /refreshed twice, with an ID token: true/);
    return 'name, e-mail and groups; refreshed twice';
  },
});
