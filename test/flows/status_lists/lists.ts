/**
 * A resource server that follows the lists: it takes nothing on trust.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import type { Node } from '../../support/app_session.ts';

export type StatusClaim = { idx: number; uri: string };
type Payload = {
  iss: string;
  sub: string;
  iat: number;
  exp: number;
  ttl: number;
  jwks: string;
  status_list: { bits: number; lst: string };
};
export type FetchedList = {
  etag: string;
  kid: string;
  payload: Payload;
  token: string;
  /** 0 or 1. */
  statusAt(index: number): number;
  headers: Headers;
};

/** Where a token's bit is; undefined: it has none. */
export function claimOf(accessToken: string): StatusClaim | undefined {
  if (accessToken.split('.').length !== 3) return undefined;
  return (decodeJwt(accessToken).status as { status_list?: StatusClaim } | undefined)?.status_list;
}

/** The same list at any node. */
export const at = ({ url }: Node, uri: string): string => `${url}${new URL(uri).pathname}`;

export async function jwksOf({ url }: Node) {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  const etag = response.headers.get('etag')?.replaceAll('"', '');
  return { etag, jwks: (await response.json()) as JSONWebKeySet };
}

/** The same, as soon as the key that signs next is in it, too: then it stays as it is. */
export async function jwksWithNext(node: Node): ReturnType<typeof jwksOf> {
  for (let look = 0; look < mostLooks; look += 1) {
    const found = await jwksOf(node);
    // One that signs and one that follows, of either algorithm.
    const byAlgorithm = Object.groupBy(found.jwks.keys, ({ alg = '' }) => alg);
    if (Object.values(byAlgorithm).every((keys) => (keys?.length ?? 0) >= 2)) return found;
    await sleep(20);
  }
  throw new Error(`no next key is published at ${node.url}`);
}

/** A list, verified; fails for whatever a careful verifier would refuse. */
export async function fetchList(
  node: Node,
  uri: string,
  headers: Record<string, string> = {},
): Promise<FetchedList | undefined> {
  const response = await fetch(at(node, uri), {
    headers: { accept: 'application/statuslist+jwt', ...headers },
  });
  const token = await response.text();
  if (response.status === 304) return undefined;
  assert.equal(response.status, 200, token);
  const type = 'application/statuslist+jwt';
  assert.equal(response.headers.get('content-type')?.split(';')[0], type);
  const { jwks } = await jwksOf(node);
  const { payload } = await jwtVerify<Payload>(token, createLocalJWKSet(jwks), {
    typ: 'statuslist+jwt',
    subject: uri,
    // Nodes of these tests have clocks of their own; the times are looked at apart.
    currentDate: new Date((decodeJwt(token).iat ?? 0) * 1000),
  });
  const bytes = inflateSync(Buffer.from(payload.status_list.lst, 'base64url'));
  return {
    etag: response.headers.get('etag') ?? '',
    kid: decodeProtectedHeader(token).kid ?? '',
    payload,
    token,
    statusAt: (index) => ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1,
    headers: response.headers,
  };
}

/** For what comes by itself, within a second or two. */
const mostLooks = 1000;
/** A change that has not come after so many answers never will: nobody waits for nothing. */
const mostAnswers = 30;

/**
 * Follows a list by long poll until it is as wanted. One that was signed by a key that was revoked before its
 * JWKS was read is refused, and asked for again.
 */
export async function listWhen(
  node: Node,
  uri: string,
  wanted: (list: FetchedList) => boolean,
): Promise<FetchedList> {
  let etag: string | undefined;
  for (let answer = 0; answer < mostAnswers; answer += 1) {
    const waiting = etag && { prefer: 'wait=1', 'if-none-match': etag };
    const list = await fetchList(node, uri, waiting || {}).catch(ofNoKey);
    if (list && wanted(list)) return list;
    etag = list?.etag ?? etag;
  }
  throw new Error(`the list at ${node.url} does not become what it should`);
}

function ofNoKey(error: unknown): undefined {
  if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
}

/** Whether this token's bit is set at a node now. */
export async function isRevoked(node: Node, accessToken: string): Promise<boolean> {
  const { idx, uri } = claimOf(accessToken) ?? assert.fail('no status claim');
  const list = await fetchList(node, uri);
  return list?.statusAt(idx) === 1;
}

/** Resolves when this token's bit is set at a node. */
export async function revokedAt(node: Node, accessToken: string): Promise<void> {
  const { idx, uri } = claimOf(accessToken) ?? assert.fail('no status claim');
  await listWhen(node, uri, ({ statusAt }) => statusAt(idx) === 1);
}
