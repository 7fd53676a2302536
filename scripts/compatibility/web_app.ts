/** Programs that sign people in on a web server, whatever it is written in. */
import { hash } from 'node:crypto';
import type { OrdersApi } from './orders_api.ts';
import { type RunningProcess, start } from './processes.ts';
import type { Person, Place, Program } from './program.ts';

export type WebApp = Omit<Program, 'declaration' | 'attempt'> & {
  clientId: string;
  /** The path of its redirect URI. */
  callback: string;
  /** The path that people come back to from signing out; default: `/`. */
  goodbye?: string;
  /** Beside redirect URIs, secret and the usual scopes; undefined removes one of these. */
  client?: Record<string, unknown>;
  /** What it calls in the person's name, as ORDERS_URL. */
  orders?: OrdersApi;
  /** The command line of the server, which reads its settings from the environment. */
  command(place: Place): [command: string, ...words: string[]];
  /** Beside ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET and ORDERS_URL. */
  env?: Record<string, string>;
  /** Has the person use the app, and resolves with what was seen. */
  use(place: Place, person: Person, app: RunningProcess): Promise<string>;
};

export function webApp(about: WebApp): Program {
  const { name, registry, version, flow, settings, install, clientId, orders } = about;
  // Public: they are worth nothing beyond one run on this machine.
  const clientSecret = hash('sha256', `a secret of ${clientId}`, 'base64url');
  const sessionSecret = hash('sha256', `the sessions of ${clientId}`, 'base64url');
  return {
    ...{ name, registry, version, flow, settings, install },
    declaration: (origin) => ({
      apis: orders ? [orders.declared] : [],
      clients: [
        {
          client_id: clientId,
          client_name: name,
          client_secret: clientSecret,
          redirect_uris: [`${origin}${about.callback}`],
          post_logout_redirect_uris: [`${origin}${about.goodbye ?? '/'}`],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: `openid profile email groups roles${orders ? ' orders:read' : ''}`,
          apis: orders ? [orders.declared.identifier] : [],
          ...about.client,
        },
      ],
    }),
    async attempt(place, person) {
      const [command, ...words] = about.command(place);
      const env = {
        ISSUER: place.issuer,
        CLIENT_ID: clientId,
        CLIENT_SECRET: clientSecret,
        ORIGIN: place.origin,
        PORT: String(place.port),
        SESSION_SECRET: sessionSecret,
        ...(orders && { ORDERS_URL: orders.url }),
        ...about.env,
      };
      const app = start(command, words, { folder: place.folder, env });
      try {
        await app.answersAt(place.origin);
        return await about.use(place, person, app);
      } catch (error) {
        const written = app.output().slice(-4000);
        throw new Error(`${(error as Error).message}\n${written}`, { cause: error });
      } finally {
        await app.stop();
      }
    },
  };
}
