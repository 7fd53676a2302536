/**
 * GitLab's OpenID Connect library (gitlab-omniauth-openid-connect): docs/integrations/recipes.md. It discovers https
 * issuers only, so this Cardea is one behind TLS.
 */

import { debianPackages } from '../../installing/debian.ts';
import { expectShown } from '../../pages.ts';
import { type CommandLine, whileRunning } from '../../processes.ts';
import type { Program } from '../../program.ts';
import { startCardeaBehindTls } from '../../surroundings/behind_tls.ts';

const version = '0.10.0-2';
const secret = 'a-secret-of-gitlab-for-one-run-on-this-machine';

export const program: Program = {
  name: 'gitlab-omniauth-openid-connect (GitLab)',
  registry: 'Debian',
  version,
  flow: 'code, userinfo',
  settings:
    'an https issuer; in Cardea: `require_pkce: false`; in the program: basic authentication, scopes',
  declaration: () => ({}),
  install: () =>
    debianPackages({ 'ruby-omniauth-openid-connect': version, puma: '5.6.5-3+deb12u2' }),
  async attempt({ folder, origin, port }) {
    const cardea = await startCardeaBehindTls({
      clients: [
        {
          client_id: 'gitlab',
          client_name: 'GitLab',
          client_secret: secret,
          redirect_uris: [`${origin}/users/auth/openid_connect/callback`],
          grant_types: ['authorization_code'],
          scope: 'openid profile email groups',
          require_pkce: false,
        },
      ],
    });
    const surroundings = {
      folder,
      env: {
        ISSUER: cardea.issuer,
        ORIGIN: origin,
        CLIENT_SECRET: secret,
        SESSION_SECRET: 'of one run on this machine: sixty-four characters at least, says Rack',
        SSL_CERT_FILE: cardea.certificate,
      },
    };
    const command: CommandLine = ['puma', '-b', `tcp://127.0.0.1:${port}`, 'config.ru'];
    return whileRunning(command, surroundings, async (gitlab) => {
      await gitlab.answersAt(origin);
      const signIn = await cardea.person.visit(origin);
      const page = await cardea.person.submit(signIn, /openid_connect/);
      expectShown(page, '"email":"alice@example.com"', '"nickname":"alice"', 'Alice Adams');
      expectShown(page, '"groups":["dev","ops"]');
      return 'name, user name, e-mail and groups';
    }).finally(cardea.close);
  },
};
