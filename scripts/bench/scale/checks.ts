/**
 * Whether what was seeded is what the server takes it for: over HTTP, before anything is measured.
 */
import assert from 'node:assert/strict';
import { createRequester } from '../../../harness/load.ts';
import { createRawRequester } from '../../../harness/raw_requester.ts';
import { api, user } from '../declaration.ts';
import { formRequest, jsonRequest } from '../load/request.ts';
import { createBrowser } from '../requests/browser.ts';
import { authorizationUrl } from '../requests/people.ts';
import type { RunningServer } from '../servers/running_server.ts';
import type { Seeded } from './seed.ts';

/** Throws where a seeded client, API key, refresh token or user does not work. */
export async function checkSeeded(server: RunningServer, seeded: Seeded): Promise<void> {
  const requester = await createRawRequester(server.url, 1);
  const ask = async (request: string, shows: string) => {
    const { status, body } = await requester.send(0, request);
    assert.ok(status === 200 && body.includes(shows), `${status} ${body}`);
  };
  const { clientId, key, refreshToken, username } = seeded;
  await ask(
    formRequest('/token', clientId, { grant_type: 'client_credentials' }),
    '"access_token":"ey',
  );
  await ask(jsonRequest('/api-keys/verify', api.client_id, { key }), '"valid":true');
  await ask(
    formRequest('/token', 'shop', { grant_type: 'refresh_token', refresh_token: refreshToken }),
    '"refresh_token":',
  );
  requester.close();
  await signIn(server, username);
}

async function signIn({ url, endpoints }: RunningServer, username: string): Promise<void> {
  const requester = createRequester(url, 1);
  const browser = createBrowser(requester, { ...user, username });
  let location = authorizationUrl(endpoints.authorization, 'x'.repeat(43), 'login');
  for (let hop = 0; hop < 8 && !location.includes('code='); hop += 1) {
    const page = await browser.get(location);
    const { headers } = page.status === 200 ? await browser.signIn(page.body) : page;
    const next = new URL(String(headers.location), url);
    location = next.pathname + next.search;
  }
  requester.close();
  assert.ok(location.includes('code='), location);
}
