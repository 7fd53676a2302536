/** Gitea, the server itself, built from its Go module without the frontend: docs/integrations/recipes.md */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectShown } from '../../pages.ts';
import { run, start } from '../../processes.ts';
import type { Program } from '../../program.ts';

const version = '1.26.0';
const secret = 'a-secret-of-gitea-for-one-run-on-this-machine';

export const program: Program = {
  name: 'Gitea',
  registry: 'Go',
  version,
  flow: 'code, RP-initiated logout',
  settings: 'in Cardea: `require_pkce: false`; in the program: scopes, group claim',
  declaration: (origin) => ({
    clients: [
      {
        client_id: 'gitea',
        client_name: 'Gitea',
        client_secret: secret,
        redirect_uris: [`${origin}/user/oauth2/cardea/callback`],
        post_logout_redirect_uris: [`${origin}/`],
        scope: 'openid profile email groups',
        require_pkce: false,
      },
    ],
  }),
  async install({ folder }) {
    const module = `code.gitea.io/gitea@v${version}`;
    const { Dir } = JSON.parse(await run('go', ['mod', 'download', '-json', module], { folder }));
    const source = join(folder, 'source');
    if (!existsSync(source)) {
      cpSync(Dir, source, { recursive: true });
      await run('chmod', ['-R', 'u+w', source], { folder });
    }
    const tags = 'sqlite,sqlite_unlock_notify,netgo,osusergo';
    await run('go', ['build', '-tags', tags, '-o', join(folder, 'gitea'), '.'], { folder: source });
  },
  async attempt({ folder, issuer, origin, port }, person) {
    const work = join(folder, 'work');
    rmSync(work, { recursive: true, force: true });
    const configuration = join(folder, 'this_run.ini');
    writeFileSync(configuration, settingsOf(folder, work, origin, port));
    // Gitea does not run as root otherwise.
    const env = { GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true', GITEA_WORK_DIR: work };
    const gitea = (...words: string[]): [string, string[], { folder: string; env: typeof env }] => [
      join(folder, 'gitea'),
      [...words, '--config', configuration],
      { folder, env },
    ];
    await run(...gitea('migrate'));
    await run(
      ...gitea(
        ...['admin', 'auth', 'add-oauth', '--name', 'cardea', '--provider', 'openidConnect'],
        ...['--key', 'gitea', '--secret', secret],
        ...['--auto-discover-url', `${issuer}/.well-known/openid-configuration`],
        ...['--scopes', 'profile', '--scopes', 'email', '--scopes', 'groups'],
        ...['--group-claim-name', 'groups', '--admin-group', 'ops'],
      ),
    );
    const server = start(...gitea('web'));
    try {
      await server.answersAt(`${origin}/api/healthz`);
      await person.visit(`${origin}/user/oauth2/cardea`);
      expectShown(await person.visit(`${origin}/user/settings`), 'alice@example.com');
      // The group `ops` made her an administrator.
      expectShown(await person.visit(`${origin}/-/admin/users`), 'Alice Adams');
      expectShown(await person.visit(`${origin}/user/logout`), 'Sign In');
      return 'account with user name, name and e-mail; a group made it an administrator; signed out of both';
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${server.output().slice(-6000)}`, {
        cause: error,
      });
    } finally {
      await server.stop();
    }
  },
};

function settingsOf(folder: string, work: string, origin: string, port: number): string {
  return `
WORK_PATH = ${work}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${origin}/
STATIC_ROOT_PATH = ${join(folder, 'source')}
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
[security]
INSTALL_LOCK = true
SECRET_KEY = of-one-run-on-this-machine
${readFileSync(join(folder, 'app.ini'), 'utf8')}`;
}
