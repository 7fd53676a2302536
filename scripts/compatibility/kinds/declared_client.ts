/** A program's client: as Cardea's declarative file has it, and as the program is told of it. */
import { hash } from 'node:crypto';
import type { Place, Program } from '../program.ts';
import type { OrdersApi } from '../surroundings/orders_api.ts';

export type DeclaredClient = {
  clientId: string;
  /** The path of its redirect URI. */
  callback: string;
  /** The path that people come back to from signing out; default: `/`. */
  goodbye?: string;
  /** Beside redirect URIs, secret and the usual scopes; undefined removes one of these. */
  client?: Record<string, unknown>;
  /** Those that it asks tokens for. */
  apis?: { identifier: string }[];
  /** What it calls with its tokens, as ORDERS_URL; beside `apis`. */
  orders?: OrdersApi;
  /** The names that its makers give these settings, and what else it reads; default: those of `Settings`. */
  env?(settings: Settings): Record<string, string>;
};

/** What a program reads from its environment. */
type Settings = Record<
  'ISSUER' | 'CLIENT_ID' | 'CLIENT_SECRET' | 'ORIGIN' | 'PORT' | 'SESSION_SECRET',
  string
>;

export const usualScopes = 'openid profile email groups roles';

/** Public: it is worth nothing beyond one run on this machine. */
export function secretOf(clientId: string): string {
  return hash('sha256', `a secret of ${clientId}`, 'base64url');
}

/** `environmentIn`: the variables from which the program reads its settings. */
export function declaredClient({
  clientId,
  callback,
  goodbye = '/',
  client,
  apis = [],
  orders,
  env,
}: DeclaredClient): {
  declaration: Program['declaration'];
  environmentIn(place: Place): Record<string, string>;
} {
  const called = [...apis, ...(orders ? [orders.declared] : [])];
  return {
    declaration: (origin) => ({
      apis: called,
      clients: [
        {
          client_id: clientId,
          client_secret: secretOf(clientId),
          redirect_uris: [`${origin}${callback}`],
          // Programs name their origin with and without the slash.
          post_logout_redirect_uris: [origin, `${origin}${goodbye}`],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: `${usualScopes}${orders ? ' orders:read' : ''}`,
          apis: called.map(({ identifier }) => identifier),
          ...client,
        },
      ],
    }),
    environmentIn({ issuer, origin, port }) {
      const settings: Settings = {
        ISSUER: issuer,
        CLIENT_ID: clientId,
        CLIENT_SECRET: secretOf(clientId),
        ORIGIN: origin,
        PORT: String(port),
        SESSION_SECRET: hash('sha256', `the sessions of ${clientId}`, 'base64url'),
      };
      return { ...settings, ...(orders && { ORDERS_URL: orders.url }), ...env?.(settings) };
    },
  };
}
