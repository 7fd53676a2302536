/**
 * Questions about API keys, from APIs and from gateways.
 */
import { createKeys } from '../api_key_store.ts';
import { api } from '../declaration.ts';
import type { RepeatedLoad } from '../load/load.ts';
import { getRequest, jsonRequest } from '../load/request.ts';
import type { RunningServer } from '../servers/running_server.ts';
import { issueTokens } from './tokens.ts';

const inUse = 100;
const gateway = `/forward-auth?${new URLSearchParams({ api: api.identifier, scope: 'orders:read' })}`;

export async function verifyKeys({ store }: RunningServer): Promise<RepeatedLoad> {
  const keys = await createKeys(store, inUse);
  const question = (key: string) => ({ key, scopes: ['orders:read'] });
  return {
    repeat: keys.map((key) => jsonRequest('/api-keys/verify', api.client_id, question(key))),
    shows: '"valid":true',
  };
}

export async function forwardKeys({ store }: RunningServer): Promise<RepeatedLoad> {
  return forward(await createKeys(store, inUse));
}

export async function forwardTokens(server: RunningServer): Promise<RepeatedLoad> {
  return forward(await issueTokens(server, 'job', inUse));
}

function forward(credentials: readonly string[]): RepeatedLoad {
  const request = (credential: string) =>
    getRequest(gateway, { Authorization: `Bearer ${credential}` });
  return { repeat: credentials.map(request), shows: '' };
}
