import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { installGo } from '../../installing/builds.ts';
import { start } from '../../processes.ts';
import type { Program } from '../../program.ts';

const version = '0.21.0';
const client = { client_id: 'step', client_secret: 'the-secret-of-smallsteps-command-line' };

export const program: Program = {
  name: 'smallstep/cli, step oauth',
  registry: 'Go',
  version,
  flow: 'code + PKCE, loopback address with any port',
  settings:
    'in Cardea: `application_type: native`; in the program: the addresses of the endpoints, as it takes no issuer on http',
  declaration: () => ({
    clients: [
      {
        ...client,
        client_name: 'step',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1'],
        scope: 'openid email',
      },
    ],
  }),
  install: (place) => installGo(place, `github.com/smallstep/cli/cmd/step@v${version}`),
  async attempt({ issuer, folder }, person) {
    const home = await mkdtemp(join(tmpdir(), 'step-'));
    const words = [
      'oauth',
      `--authorization-endpoint=${issuer}/authorize`,
      `--token-endpoint=${issuer}/token`,
      `--client-id=${client.client_id}`,
      `--client-secret=${client.client_secret}`,
      '--oidc',
    ];
    const step = start(join(folder, 'step'), words, {
      folder,
      env: { HOME: home, STEPPATH: home },
    });
    try {
      const [, url = ''] = await step.says(/^(http\S+\/authorize\?\S+)$/m);
      await person.visit(url);
      const [tokens] = await step.says(/\{[\s\S]*\}/);
      assert.equal(decodeJwt(JSON.parse(tokens).id_token).email, 'alice@example.com');
      return 'e-mail in the ID token that it prints';
    } finally {
      await step.stop();
      await rm(home, { recursive: true, force: true });
    }
  },
};
