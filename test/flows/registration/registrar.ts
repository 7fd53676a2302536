/**
 * A server that takes registrations, an initial access token for it, and a look into its store.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { createInitialAccessToken } from '../../../src/oidc/clients/initial_access_tokens.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { failuresOf } from '../../support/flows.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, metadata } from './configuration.ts';

export type Registered = Record<string, unknown> & {
  client_id: string;
  client_secret: string;
  registration_client_uri: string;
  registration_access_token: string;
};
export type Answer = { status: number; headers: Headers; body: Registered };

export type Registrar = {
  issuer: string;
  store: Store;
  initialToken: string;
  register(body?: unknown, token?: string): Promise<Answer>;
};

export async function send(
  method: string,
  url: string,
  token: string | undefined,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, body: text ? JSON.parse(text) : {} };
}

/** RFC 7592: what a client does with its own record. */
export function manage(
  method: string,
  { registration_client_uri: url, registration_access_token: token }: Registered,
  body?: unknown,
): Promise<Answer> {
  return send(method, url, token, body);
}

/**
 * Defines the same tests on each engine; the registrar is there when they run. `policy` adds to the section
 * dynamic_registration.
 */
export async function eachRegistrar(
  define: (registrar: () => Registrar) => void,
  policy: object = {},
): Promise<void> {
  const dynamic_registration = { ...declaration.dynamic_registration, ...policy };
  await eachEngine((stores) => {
    let running: (Registrar & { close(): Promise<void> }) | undefined;
    before(async () => {
      const url = await stores.freshUrl();
      const server = await startTestServer({
        store: url,
        declaration: { ...declaration, dynamic_registration },
      });
      const store = await openStore({ url });
      const { token: initialToken } = await createInitialAccessToken(
        { artifacts: store.artifacts, clock: systemClock },
        { lifetimeSeconds: 600 },
      );
      running = {
        issuer: server.issuer,
        store,
        initialToken,
        register: (body = metadata, token = initialToken) =>
          send('POST', `${server.issuer}/register`, token, body),
        async close() {
          await store.close();
          await server.close();
          assert.deepEqual(failuresOf(server.logged()), []);
        },
      };
    });
    after(() => running?.close());
    define(() => {
      if (!running) throw new Error('the registrar runs only while tests do');
      return running;
    });
  });
}
