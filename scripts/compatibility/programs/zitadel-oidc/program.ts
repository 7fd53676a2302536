import assert from 'node:assert/strict';
import { buildGo } from '../../builds.ts';
import type { Program } from '../../program.ts';
import { whileServing } from '../../serving.ts';

const client = { client_id: 'zitadel-oidc', client_secret: 'the-secret-of-the-relying-party-0001' };

export const program: Program = {
  name: 'zitadel/oidc, relying party',
  registry: 'Go',
  version: '3.52.0',
  flow: 'code + PKCE, refresh, userinfo, sign-out',
  settings:
    'program: without the scope `offline_access`, or with `prompt=consent`; it repeats its scopes when it refreshes',
  declaration: (origin) => ({
    clients: [
      {
        ...client,
        client_name: 'Shop',
        redirect_uris: [`${origin}/callback`],
        post_logout_redirect_uris: [`${origin}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile email groups',
      },
    ],
  }),
  install: buildGo,
  attempt: (place, person) =>
    whileServing(place, client, async () => {
      const { body } = await person.visit(`${place.origin}/sign-in`);
      assert.match(body, /ID token: Alice Adams, \[dev ops\]; userinfo: alice@example.com/);
      for (const _ of ['first', 'second']) {
        const refreshed = await person.visit(`${place.origin}/refresh`);
        assert.match(refreshed.body, /refreshed for Alice Adams/);
      }
      const left = await person.visit(`${place.origin}/sign-out`);
      assert.equal(left.url, `${place.origin}/`);
      const afterwards = await person.visit(`${place.origin}/refresh`);
      assert.match(afterwards.body, /invalid_grant/);
      return 'name and groups of the ID token, e-mail of userinfo; refreshed twice; no more after it signed out';
    }),
};
