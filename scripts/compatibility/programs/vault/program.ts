/** The JWT/OIDC auth method of Vault and OpenBao, by its Go module: docs/integrations/recipes.md */
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { expectShown } from '../../pages.ts';
import { whileRunning } from '../../processes.ts';
import type { Program } from '../../program.ts';

const secret = 'a-secret-of-vault-for-one-run-on-this-machine';

export const program: Program = {
  name: 'vault-plugin-auth-jwt (Vault, OpenBao)',
  registry: 'Go',
  version: '0.26.1',
  flow: 'code + PKCE; a JWT access token of client credentials',
  settings: 'in the program: `oidc_scopes` and `groups_claim` of the role',
  declaration: (origin) => ({
    apis: [{ identifier: 'https://vault.example', name: 'Vault', scopes: { login: 'Log in' } }],
    clients: [
      {
        client_id: 'vault',
        client_name: 'Vault',
        client_secret: secret,
        redirect_uris: [`${origin}/ui/vault/auth/oidc/oidc/callback`],
        grant_types: ['authorization_code'],
        scope: 'openid profile email groups',
      },
      {
        client_id: 'vault-job',
        client_secret: secret,
        grant_types: ['client_credentials'],
        scope: 'login',
        apis: ['https://vault.example'],
      },
    ],
  }),
  install: buildGo,
  async attempt({ folder, issuer, origin, port }, person) {
    const env = { CLIENT_SECRET: secret, JOB_SECRET: secret };
    const words = [issuer, origin, String(port)];
    return whileRunning([join(folder, 'program'), ...words], { folder, env }, async (vault) => {
      await vault.answersAt(`${origin}/health`);
      const page = await person.visit(`${origin}/start`);
      expectShown(page, '"entity":"alice@example.com"', '"groups":["dev","ops"]', 'operators');
      const service = await person.visit(`${origin}/service`);
      expectShown(service, '"entity":"vault-job"', 'services');
      return 'e-mail as entity, groups as group aliases, bound to a group; a service by its token';
    });
  },
};
