/** Apache's mod_auth_openidc: docs/integrations/recipes.md */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { debianPackages } from '../../installing/debian.ts';
import { expectShown } from '../../pages.ts';
import { start } from '../../processes.ts';
import type { Program } from '../../program.ts';
import { startEchoApp } from '../../surroundings/echo_app.ts';
import { writeGuideFile } from '../../surroundings/guide_file.ts';

const version = '2.4.12.3-2+deb12u5';
const secret = 'a-secret-of-apache-for-one-run-on-this-machine';

export const program: Program = {
  name: 'mod_auth_openidc of Apache',
  registry: 'Debian',
  version,
  flow: 'code + PKCE, userinfo, refresh, sign-out',
  settings: 'in the program: `OIDCPKCEMethod S256`, `OIDCScope` with `groups`',
  declaration: (origin) => ({
    clients: [
      {
        client_id: 'apache',
        client_name: 'Apache',
        client_secret: secret,
        redirect_uris: [`${origin}/oidc/callback`],
        post_logout_redirect_uris: [`${origin}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid profile email groups',
      },
    ],
  }),
  // Without the package `apache2`, which would be a service.
  install: () => debianPackages({ 'libapache2-mod-auth-openidc': version }),
  async attempt({ folder, issuer, origin, port }, person) {
    const app = await startEchoApp();
    const guide = writeGuideFile(folder, 'apache.conf', [
      ['https://id.example', issuer],
      ['https://app.example', origin],
      ['127.0.0.1:8081', `127.0.0.1:${app.port}`],
      // Nobody waits for nine minutes.
      ['BeforeExpiry 60', 'BeforeExpiry 599'],
    ]);
    mkdirSync(join(folder, 'run'), { recursive: true });
    writeFileSync(join(folder, 'apache2.conf'), surroundings(folder, port, guide));
    const apache = start('apache2', ['-X', '-f', join(folder, 'apache2.conf')], {
      folder,
      env: {
        OIDC_CLIENT_SECRET: secret,
        OIDC_CRYPTO_PASSPHRASE: 'a-passphrase-for-one-run',
      },
    });
    try {
      await apache.answersAt(`${origin}/`);
      const shows = async (path: string) => {
        const page = await person.visit(`${origin}${path}`);
        expectShown(page, 'x-remote-user: alice', 'oidc_claim_email: alice@example.com');
        expectShown(page, 'oidc_claim_name: Alice Adams', 'oidc_claim_groups: dev,ops');
        return page;
      };
      const tokenOf = ({ body }: { body: string }) => /oidc_access_token: (.*)/.exec(body)?.[1];
      const before = tokenOf(await shows('/report?year=2026'));
      let after = before;
      for (let round = 0; round < 10 && after === before; round += 1) {
        await sleep(500);
        after = tokenOf(await shows('/report'));
      }
      if (!before || after === before) throw new Error('the access token is not refreshed');
      const signedOut = encodeURIComponent(`${origin}/`);
      await shows(`/oidc/callback?logout=${signedOut}`);
      return 'user name, name, e-mail and groups in headers, refreshed, signed out of both';
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${apache.output()}`, { cause: error });
    } finally {
      await Promise.all([apache.stop(), app.close()]);
    }
  },
};

/** What Debian's own configuration has around that of a site, with this folder's places. */
function surroundings(folder: string, port: number, guide: string): string {
  const modules = [
    ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http'],
    ...['headers', 'auth_openidc'],
  ];
  return [
    `ServerRoot ${folder}/run`,
    `DefaultRuntimeDir ${folder}/run`,
    `PidFile ${folder}/run/apache.pid`,
    'ErrorLog "|/bin/cat"',
    'LogLevel warn auth_openidc:info',
    'ServerName 127.0.0.1',
    `Listen 127.0.0.1:${port}`,
    ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    // Apache does not serve as root.
    ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
    // The person's browser here is fetch, which does not say `navigate` as browsers do; the module would refuse it.
    'RequestHeader set Sec-Fetch-Mode navigate early',
    `Include ${guide}`,
    '',
  ].join('\n');
}
