import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, start } from '../../processes.ts';
import type { Program } from '../../program.ts';

const version = '4.2.6-1';
const client = { client_id: 'oidc-agent', client_secret: 'the-secret-of-the-agent-of-one-person' };

export const program: Program = {
  name: 'oidc-agent',
  registry: 'Debian',
  version,
  flow: 'device, refresh',
  settings:
    'in Cardea: a client with a secret; without one it sends an empty password, which is refused',
  declaration: () => ({
    clients: [
      {
        ...client,
        client_name: 'Command line',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        scope: 'openid profile offline_access',
      },
    ],
  }),
  async install({ folder }) {
    await run('apt-get', ['install', '--yes', `oidc-agent-cli=${version}`], { folder });
  },
  async attempt({ issuer, folder }, person) {
    const home = await mkdtemp(join(tmpdir(), 'oidc-agent-'));
    const env = { HOME: home, TMPDIR: home, PASSWORD: 'of the account on disk' };
    // It goes to the background, and says where.
    const agent = await run('oidc-agent', [], { folder, env });
    const [, socket = '', pid] = /OIDC_SOCK=([^;]+);.*OIDCD_PID=(\d+);/s.exec(agent) ?? [];
    try {
      const surroundings = { folder, env: { ...env, OIDC_SOCK: socket } };
      const about = [
        '--issuer',
        issuer,
        `--client-id=${client.client_id}`,
        `--client-secret=${client.client_secret}`,
        '--scope=openid profile offline_access',
      ];
      const manner = [
        '--manual',
        '--flow=device',
        '--pw-env=PASSWORD',
        '--confirm-default',
        '--prompt=none',
      ];
      const account = start('oidc-gen', [...about, ...manner, 'cardea'], surroundings);
      try {
        const [, url, code] = await account.says(/visit:\s+(\S+)\s+And enter the code: (\S+)/);
        await person.visit(`${url}?user_code=${code}`);
        await account.says(/Everything setup correctly/);
      } finally {
        await account.stop();
      }
      const token = (await run('oidc-token', ['--force-new', 'cardea'], surroundings)).trim();
      const headers = { authorization: `Bearer ${token}` };
      const userinfo = await (await fetch(`${issuer}/userinfo`, { headers })).text();
      assert.match(userinfo, /"name":"Alice Adams"/);
      return 'an account after the person confirmed the code; a refreshed token opens userinfo';
    } finally {
      process.kill(Number(pid));
      await rm(home, { recursive: true, force: true });
    }
  },
};
