/** Grafana's generic OAuth, by the Go libraries that it is made of: docs/integrations/recipes.md */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGo } from '../../installing/builds.ts';
import { expectShown } from '../../pages.ts';
import { whileRunning } from '../../processes.ts';
import type { Program } from '../../program.ts';

const secret = 'a-secret-of-grafana-for-one-run-on-this-machine';

export const program: Program = {
  name: 'x/oauth2 and go-jmespath (generic OAuth of Grafana)',
  registry: 'Go',
  version: '0.37.0 and 1.1.1',
  flow: 'code + PKCE, refresh, userinfo',
  settings: 'in the program: `use_pkce = true`, attribute paths, scopes with `groups`',
  declaration: (origin) => ({
    clients: [
      {
        client_id: 'grafana',
        client_name: 'Grafana',
        client_secret: secret,
        redirect_uris: [`${origin}/login/generic_oauth`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile email groups',
      },
    ],
  }),
  install: buildGo,
  async attempt({ folder, issuer, origin, port }, person) {
    const ini = join(folder, 'this_run.ini');
    const guide = readFileSync(join(folder, 'grafana.ini'), 'utf8');
    writeFileSync(ini, guide.replaceAll('https://id.example', issuer));
    const env = { OIDC_CLIENT_SECRET: secret };
    return whileRunning(
      [join(folder, 'program'), ini, origin, String(port)],
      { folder, env },
      async (grafana) => {
        await grafana.answersAt(`${origin}/health`);
        const page = await person.visit(`${origin}/login/generic_oauth`);
        expectShown(page, '"login":"alice"', '"name":"Alice Adams"', '"email":"alice@example.com"');
        expectShown(page, '"groups":["dev","ops"]', '"role":"Admin"');
        return 'login, name, e-mail and groups; a group made the role Admin; refreshed';
      },
    );
  },
};
