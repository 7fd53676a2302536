/** Argo CD's sign-in, by its own packages: docs/integrations/recipes.md */
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { expectShown } from '../../pages.ts';
import { whileRunning } from '../../processes.ts';
import type { Program } from '../../program.ts';

const secret = 'a-secret-of-argocd-for-one-run-on-this-machine';

export const program: Program = {
  name: 'Argo CD (its sign-in, session and role packages)',
  registry: 'Go',
  version: '3.2.12',
  flow: 'code + PKCE',
  settings: 'in the program: `enablePKCEAuthentication: true`, `requestedScopes` with `groups`',
  declaration: (origin) => ({
    clients: [
      {
        client_id: 'argocd',
        client_name: 'Argo CD',
        client_secret: secret,
        redirect_uris: [`${origin}/auth/callback`],
        grant_types: ['authorization_code'],
        scope: 'openid profile email groups',
      },
    ],
  }),
  install: buildGo,
  async attempt({ folder, issuer, origin, port }, person) {
    const words = [issuer, origin, String(port), join(folder, 'oidc_config.yaml')];
    const env = { CLIENT_SECRET: secret };
    return whileRunning([join(folder, 'program'), ...words], { folder, env }, async (argocd) => {
      await argocd.answersAt(`${origin}/health`);
      const back = encodeURIComponent(`${origin}/applications`);
      const page = await person.visit(`${origin}/auth/login?return_url=${back}`);
      expectShown(page, '"name":"Alice Adams"', '"email":"alice@example.com"');
      expectShown(page, '"groups":["dev","ops"]', '"canSync":{"dev":true,"ops":false}');
      return 'name, e-mail and groups of a verified session; a group made role:admin';
    });
  },
};
