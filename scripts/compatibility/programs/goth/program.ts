import assert from 'node:assert/strict';
import { buildGo } from '../../builds.ts';
import type { Program } from '../../program.ts';
import { whileServing } from '../../serving.ts';

const client = { client_id: 'goth', client_secret: 'the-secret-of-the-app-that-uses-goth' };

export const program: Program = {
  name: 'markbates/goth, openidConnect (as in Gitea)',
  registry: 'Go',
  version: '1.82.0',
  flow: 'code, refresh, userinfo',
  settings: 'Cardea: `require_pkce: false`; it does no PKCE by itself',
  declaration: (origin) => ({
    clients: [
      {
        ...client,
        client_name: 'Shop',
        redirect_uris: [`${origin}/callback`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile email groups offline_access',
        require_pkce: false,
      },
    ],
  }),
  install: buildGo,
  attempt: (place, person) =>
    whileServing(place, client, async () => {
      const { body } = await person.visit(`${place.origin}/sign-in`);
      assert.match(body, /Alice Adams, alice@example.com, \["dev","ops"\]/);
      const refreshed = await person.visit(`${place.origin}/refresh`);
      assert.match(refreshed.body, /refreshed twice, with an ID token: true/);
      return 'name, e-mail and groups; refreshed twice';
    }),
};
