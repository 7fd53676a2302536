import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { whileRunning } from '../../processes.ts';
import type { Program } from '../../program.ts';

export const program: Program = {
  name: 'cli/oauth (as in gh)',
  registry: 'Go',
  version: '1.2.2',
  flow: 'device',
  settings: 'in the program: the addresses of the endpoints, as it has no discovery',
  declaration: () => ({
    clients: [
      {
        client_id: 'cli-oauth',
        client_name: 'Command line',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
        scope: 'openid profile',
      },
    ],
  }),
  install: buildGo,
  async attempt({ issuer, folder }, person) {
    return whileRunning(
      [join(folder, 'program'), issuer, 'cli-oauth'],
      { folder },
      async (program) => {
        const [, code = '', url = ''] = await program.says(/^enter (\S+) at (\S+)$/m);
        await person.visit(`${url}?user_code=${code}`);
        const [, token] = await program.says(/^bearer token for openid profile: (\S+)$/im);
        const headers = { authorization: `Bearer ${token}` };
        const userinfo = await (await fetch(`${issuer}/userinfo`, { headers })).text();
        assert.match(userinfo, /"name":"Alice Adams"/);
        return 'a token after the person confirmed the code; userinfo takes it';
      },
    );
  },
};
