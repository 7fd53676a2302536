/** A program's client: as Cardea's declarative file has it, and as the program is told of it. */
import { hash } from 'node:crypto';
import type { OrdersApi } from './orders_api.ts';
import type { Place, Program } from './program.ts';

export type DeclaredClient = {
  clientId: string;
  /** The path of its redirect URI. */
  callback: string;
  /** The path that people come back to from signing out; default: `/`. */
  goodbye?: string;
  /** Beside redirect URIs, secret and the usual scopes; undefined removes one of these. */
  client?: Record<string, unknown>;
  /** What it calls with its tokens, as ORDERS_URL. */
  orders?: OrdersApi;
  /** Beside ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET and ORDERS_URL. */
  env?: Record<string, string>;
};

/** `environmentIn`: the variables from which the program reads its settings. */
export function declaredClient({
  clientId,
  callback,
  goodbye = '/',
  client,
  orders,
  env,
}: DeclaredClient): {
  declaration: Program['declaration'];
  environmentIn(place: Place): Record<string, string>;
} {
  // Public: they are worth nothing beyond one run on this machine.
  const clientSecret = hash('sha256', `a secret of ${clientId}`, 'base64url');
  const sessionSecret = hash('sha256', `the sessions of ${clientId}`, 'base64url');
  return {
    declaration: (origin) => ({
      apis: orders ? [orders.declared] : [],
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [`${origin}${callback}`],
          post_logout_redirect_uris: [`${origin}${goodbye}`],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: `openid profile email groups roles${orders ? ' orders:read' : ''}`,
          apis: orders ? [orders.declared.identifier] : [],
          ...client,
        },
      ],
    }),
    environmentIn: ({ issuer, origin, port }) => ({
      ISSUER: issuer,
      CLIENT_ID: clientId,
      CLIENT_SECRET: clientSecret,
      ORIGIN: origin,
      PORT: String(port),
      SESSION_SECRET: sessionSecret,
      ...(orders && { ORDERS_URL: orders.url }),
      ...env,
    }),
  };
}
