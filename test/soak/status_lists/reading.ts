/**
 * The lists as a stranger reads them: found by the aggregation endpoint, their signatures checked by jose, their
 * bits read by an implementation that is not ours.
 */
import { getListFromStatusListJWT } from '@sd-jwt/jwt-status-list';
import { createRemoteJWKSet, jwtVerify } from 'jose';

export type ReadList = {
  uri: string;
  bits: readonly number[];
  /** Bytes of the list, of its compressed form, and of the token that carries it. */
  raw: number;
  compressed: number;
  token: number;
};

export async function readLists(issuer: string): Promise<ReadList[]> {
  const discovery = await getJson(`${issuer}/.well-known/openid-configuration`);
  const keys = createRemoteJWKSet(new URL(String(discovery.jwks_uri)));
  const { status_lists: uris } = await getJson(String(discovery.status_list_aggregation_endpoint));
  const lists: ReadList[] = [];
  for (const uri of uris as string[]) {
    const response = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } });
    const jwt = await response.text();
    const { payload } = await jwtVerify(jwt, keys, {
      ...{ issuer, subject: uri, typ: 'statuslist+jwt' },
    });
    const { lst } = payload.status_list as { lst: string };
    const bits = getListFromStatusListJWT(jwt).statusList;
    const sizes = { compressed: Buffer.from(lst, 'base64url').length, token: jwt.length };
    lists.push({ uri, bits, raw: bits.length / 8, ...sizes });
  }
  return lists;
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}
