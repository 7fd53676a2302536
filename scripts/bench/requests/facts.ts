/**
 * What everybody may read.
 */
import type { Load } from '../load/load.ts';
import { getRequest } from '../load/request.ts';
import type { RunningServer } from '../servers/running_server.ts';
import { issueTokens } from './tokens.ts';

export async function readJwks({ endpoints }: RunningServer): Promise<Load> {
  return { repeat: [getRequest(endpoints.jwks)], shows: '"keys"' };
}

export async function readDiscovery(): Promise<Load> {
  return { repeat: [getRequest('/.well-known/openid-configuration')], shows: '"issuer"' };
}

/** One that has tokens in it. */
export async function readStatusList(server: RunningServer): Promise<Load> {
  await issueTokens(server, 'job', 1);
  const response = await fetch(`${server.url}/status-lists`);
  const {
    status_lists: [uri = ''],
  } = (await response.json()) as { status_lists: string[] };
  return { repeat: [getRequest(new URL(uri).pathname)], shows: 'ey' };
}
