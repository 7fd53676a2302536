/**
 * Who gets tokens: people through apps, and services for themselves. All by way of the issuer's address, as
 * clients do; what breaks because a node dies is asked for again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import { alice, bob } from '../../../harness/sign_in.ts';
import {
  type AppSession,
  createAppSession,
  type TokenSet,
  tokensOf,
} from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { appScope, orders, secret } from './configuration.ts';

export type Cast = {
  /** Signs in where the browser's session is not alive any more. */
  person(user: 'alice' | 'bob', app: 'shop' | 'kiosk'): Promise<TokenSet>;
  refreshed(app: 'shop' | 'kiosk', refreshToken: string): Promise<TokenSet>;
  /** A client's own access token. */
  service(client: 'job' | 'shop', api?: string): Promise<string>;
};

/** The key that signed it. */
export function keyOf(token = ''): string {
  return decodeProtectedHeader(token).kid ?? '';
}

const patienceMs = 10_000;
const pauseMs = 50;

export function createCast(issuer: string): Cast {
  const people = { alice, bob };
  const node = { url: issuer };
  const sessions = new Map<string, AppSession>();
  const session = (user: 'alice' | 'bob', clientId: string) => {
    const name = `${user} ${clientId}`;
    const known =
      sessions.get(name) ??
      createAppSession({ issuer, clientId, scope: appScope, secret, person: people[user] });
    sessions.set(name, known);
    return known;
  };

  return {
    person: (user, app) => untilAnswered(() => session(user, app).newTokens(node)),
    refreshed: async (app, refreshToken) =>
      tokensOf(await session('alice', app).refresh(node, refreshToken)),
    service: (client, api = orders) =>
      untilAnswered(async () => {
        const scope = api === orders ? 'orders:read' : 'stock:read';
        const answer = await postForm(
          `${issuer}/token`,
          { grant_type: 'client_credentials', resource: api, scope },
          { authorization: basic(client, secret) },
        );
        if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
        return String(answer.body.access_token);
      }),
  };
}

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(pauseMs);
    }
  }
}
