/** Programs from npm that sign a person in on a web server: main.js in the `app/` of their folder. */
import { join } from 'node:path';
import { idAndVersion, installNpm, type NpmPackage } from '../installing/npm.ts';
import type { Program } from '../program.ts';
import { usualScopes } from './declared_client.ts';
import { type WebApp, webApp } from './web_app.ts';

/** Places and commands are those of `app/`. The command is `node main.js` by default. */
type NpmApp = NpmPackage &
  Omit<WebApp, 'registry' | 'version' | 'clientId' | 'install' | 'command'> &
  Partial<Pick<WebApp, 'command'>> & {
    /** What browsers call its host; default: `127.0.0.1`. */
    host?: 'localhost';
    /** Makes ready what `npm install` does not; the folder is that of app/. */
    build?(folder: string): Promise<unknown>;
  };

export function npmApp({ host, build, client, ...about }: NpmApp): Program {
  const { id, version } = idAndVersion(about);
  const at = (origin: string) => (host ? origin.replace('127.0.0.1', host) : origin);
  const app = webApp({
    command: () => [process.execPath, 'main.js'],
    ...about,
    registry: 'npm',
    version,
    clientId: id,
    client: { client_name: about.name, scope: `${usualScopes} offline_access`, ...client },
    async install({ folder }) {
      await installNpm(join(folder, 'app'));
      await build?.(join(folder, 'app'));
    },
  });
  return {
    ...app,
    declaration: (origin) => app.declaration(at(origin)),
    attempt: ({ origin, folder, ...place }, person) =>
      app.attempt({ ...place, origin: at(origin), folder: join(folder, 'app') }, person),
  };
}
