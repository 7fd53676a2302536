import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { run, start } from '../../processes.ts';
import type { Program } from '../../program.ts';

const scheme = 'com.example.shop:/callback';

export const program: Program = {
  name: 'coreos/go-oidc in a native program (RFC 8252)',
  registry: 'Go',
  version: '3.21.0',
  flow: 'code + PKCE: loopback address with any port, private-use scheme; refresh',
  settings: 'in Cardea: `application_type: native`',
  declaration: () => ({
    clients: [
      {
        client_id: 'go-native',
        client_name: 'Shop',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback', scheme],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile offline_access',
      },
    ],
  }),
  install: buildGo,
  async attempt({ issuer, folder }, person) {
    const program = join(folder, 'program');
    const surroundings = { folder, env: { ISSUER: issuer, CLIENT_ID: 'go-native' } };
    const waiting = start(program, ['sign-in'], surroundings);
    try {
      const [, address = ''] = await waiting.says(/^open (\S+)$/m);
      const shown = await person.visit(address);
      assert.match(shown.url, /^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
      await waiting.says(/^hello Alice Adams; refreshed: true$/m);
    } finally {
      await waiting.stop();
    }

    const [, address = ''] = /^open (\S+)$/m.exec(await run(program, ['open'], surroundings)) ?? [];
    const { url } = await person.visit(address);
    assert.ok(url.startsWith(`${scheme}?`), url);
    assert.match(await run(program, [url], surroundings), /^hello Alice Adams; refreshed: true$/m);
    return 'name of the ID token by either redirect, iss of the response checked (RFC 9207); refreshed';
  },
};
