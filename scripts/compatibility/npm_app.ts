/**
 * Programs from npm that sign a person in on a web server: `app/` in their folder has a package.json with exact
 * versions and main.js. What is set on either side is the same for all of them, and stands here.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { type RunningProcess, run, start } from './processes.ts';
import type { Person, Place, Program } from './program.ts';

export type NpmApp = Pick<Program, 'name' | 'flow' | 'settings'> & {
  /** Its package.json, and the package in it that is tried. */
  manifest: { dependencies: Record<string, string> };
  package: string;
  /** What browsers call its host; default: `127.0.0.1`. */
  host?: 'localhost';
  /** The path of its redirect URI. */
  callback: string;
  /** Beside redirect URIs, secret and the usual scopes; undefined removes one of these. */
  client?: Record<string, unknown>;
  apis?: object[];
  /** Makes ready what `npm install` does not; the folder is that of app/. */
  build?(folder: string): Promise<unknown>;
  /** The names that its makers give these settings; default: those of `Settings`. */
  env?(settings: Settings): Record<string, string>;
  /** The command line of the server; default: `node main.js`. */
  command?: [command: string, ...words: string[]];
  /** The option that tells the command its port; default: it reads the variable. */
  portOption?: string;
  /** What it says once it is ready; default: it answers at its port. */
  ready?: RegExp;
  /** Has the person use the app, and resolves with what was seen. */
  use(place: Place, person: Person, app: NpmAppRun): Promise<string>;
};

/** What the app reads from its environment. */
type Settings = Record<
  'ISSUER' | 'CLIENT_ID' | 'CLIENT_SECRET' | 'ORIGIN' | 'PORT' | 'SESSION_SECRET',
  string
>;

/** The app while it runs, and what it authenticates with. */
type NpmAppRun = RunningProcess & { client_id: string; client_secret: string };

export function npmApp(about: NpmApp): Program {
  const {
    name,
    flow,
    settings,
    manifest,
    apis = [],
    command = [process.execPath, 'main.js'],
  } = about;
  const version = manifest.dependencies[about.package];
  if (!version || !/^\d/.test(version)) throw new Error(`${name} names no exact version`);
  const client_id = `${about.package.replace(/^@/, '').replace('/', '-')}-${version.split('.')[0]}`;
  // Public: it is worth nothing beyond one run on this machine.
  const client_secret = hash('sha256', `a secret of ${client_id}`, 'base64url');
  const at = (origin: string) => origin.replace('127.0.0.1', about.host ?? '127.0.0.1');
  return {
    ...{ name, version, flow, settings },
    registry: 'npm',
    declaration: (origin) => ({
      apis,
      clients: [
        {
          client_id,
          client_name: name,
          client_secret,
          redirect_uris: [`${at(origin)}${about.callback}`],
          post_logout_redirect_uris: [at(origin), `${at(origin)}/`],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid profile email offline_access groups roles',
          ...about.client,
        },
      ],
    }),
    async install({ folder }) {
      const app = join(folder, 'app');
      await run('npm', ['install', '--no-audit', '--no-fund'], { folder: app });
      await about.build?.(app);
    },
    async attempt(given, person) {
      const place = { ...given, origin: at(given.origin) };
      const [executable, ...words] = command;
      const settings: Settings = {
        ISSUER: place.issuer,
        CLIENT_ID: client_id,
        CLIENT_SECRET: client_secret,
        ORIGIN: place.origin,
        PORT: String(place.port),
        SESSION_SECRET: hash('sha256', `the sessions of ${client_id}`, 'base64url'),
      };
      const env = { ...settings, ...about.env?.(settings) };
      if (about.portOption) words.push(about.portOption, settings.PORT);
      const app = start(executable, words, { folder: join(place.folder, 'app'), env });
      try {
        await (about.ready ? app.says(about.ready) : app.answersAt(`${place.origin}/health`));
        return await about.use(place, person, { ...app, client_id, client_secret });
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${app.output().slice(-4000)}`, {
          cause: error,
        });
      } finally {
        await app.stop();
      }
    },
  };
}
