import assert from 'node:assert/strict';
import { buildGo } from '../../builds.ts';
import type { Program } from '../../program.ts';
import { whileServing } from '../../serving.ts';

const client = {
  client_id: 'hashicorp-cap',
  client_secret: 'the-secret-of-what-signs-in-for-vault',
};

export const program: Program = {
  name: 'hashicorp/cap (as in Vault and Boundary)',
  registry: 'Go',
  version: '0.16.0',
  flow: 'code + PKCE with max_age, userinfo',
  settings: '',
  declaration: (origin) => ({
    clients: [
      {
        ...client,
        client_name: 'Vault',
        redirect_uris: [`${origin}/callback`],
        scope: 'openid profile email groups',
      },
    ],
  }),
  install: buildGo,
  attempt: (place, person) =>
    whileServing(place, client, async () => {
      const { body } = await person.visit(`${place.origin}/sign-in`);
      assert.match(body, /ID token: Alice Adams, \[dev ops\]; userinfo: alice@example.com/);
      return 'name and groups of the ID token, e-mail of userinfo; auth_time, nonce and at_hash accepted';
    }),
};
