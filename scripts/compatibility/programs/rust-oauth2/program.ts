import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildRust } from '../../installing/builds.ts';
import { start } from '../../processes.ts';
import type { Program } from '../../program.ts';

const client_secret = 'the-secret-of-service-and-api-in-rust';

export const program: Program = {
  name: 'oauth2',
  registry: 'crates.io',
  version: '5.0.0',
  flow: 'client credentials, introspection; device, refresh',
  settings: 'in the program: the addresses of the endpoints, as it has no discovery',
  declaration: (origin) => ({
    apis: [
      {
        identifier: origin,
        name: 'Orders',
        scopes: { 'orders:read': 'See your orders' },
        client_id: 'rust-oauth2-api',
      },
    ],
    clients: [
      {
        client_id: 'rust-oauth2',
        client_secret,
        grant_types: ['client_credentials'],
        scope: 'orders:read',
        apis: [origin],
      },
      { client_id: 'rust-oauth2-api', client_secret, grant_types: [] },
      {
        client_id: 'rust-oauth2-device',
        client_name: 'Television',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        scope: 'openid',
      },
    ],
  }),
  install: buildRust,
  async attempt({ issuer, folder }, person) {
    const env = { ISSUER: issuer, CLIENT_SECRET: client_secret };
    const program = start(join(folder, 'program'), [], { folder, env });
    try {
      const [, url = ''] = await program.says(/^open (\S+)$/m);
      assert.match(program.output(), /active: true, for .*orders:read/);
      await person.visit(url);
      await program.says(/^refreshed: true$/m);
      return 'a token of a service, active at introspection; a device refreshed after a person confirmed it';
    } finally {
      await program.stop();
    }
  },
};
