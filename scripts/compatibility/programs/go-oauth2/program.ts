import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { run, start } from '../../processes.ts';
import type { Program } from '../../program.ts';

const service = { client_id: 'go-oauth2', client_secret: 'the-secret-of-the-service-in-go-0001' };

export const program: Program = {
  name: 'golang.org/x/oauth2',
  registry: 'Go',
  version: '0.38.0',
  flow: 'client credentials; device',
  settings: 'in the program: the addresses of the endpoints, as it has no discovery',
  declaration: (origin) => ({
    apis: [{ identifier: origin, name: 'Orders', scopes: { 'orders:read': 'See your orders' } }],
    clients: [
      { ...service, grant_types: ['client_credentials'], scope: 'orders:read', apis: [origin] },
      {
        client_id: 'go-oauth2-device',
        client_name: 'Television',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        scope: 'openid profile offline_access',
      },
    ],
  }),
  install: buildGo,
  async attempt({ issuer, origin, port, folder }, person) {
    const api = createServer(({ headers }, response) => response.end(headers.authorization));
    api.listen(port, '127.0.0.1');
    const program = join(folder, 'program');
    const env = { ISSUER: issuer };
    const ofService = { CLIENT_ID: service.client_id, CLIENT_SECRET: service.client_secret };
    const called = await run(program, ['service'], {
      folder,
      env: { ...env, ...ofService, API: origin },
    }).finally(() => api.close());
    const [, claims = ''] = /^200 Bearer [^.]+\.([^.]+)\./.exec(called) ?? [];
    assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud, origin);

    const device = start(program, ['device'], {
      folder,
      env: { ...env, CLIENT_ID: 'go-oauth2-device' },
    });
    try {
      const [, url = ''] = await device.says(/^open (\S+)$/m);
      await person.visit(url);
      await device.says(/^200 .*"name":"Alice Adams"/m);
      return 'a service calls an API with its token; a device reads userinfo after a person confirmed it';
    } finally {
      await device.stop();
    }
  },
};
