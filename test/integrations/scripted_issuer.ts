/**
 * An issuer that signs what a test tells it to: status lists as they must not be, tokens as they must not
 * be. It speaks Cardea's contract where the test does not say otherwise.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Key = { kid: string; privateKey: CryptoKey; publicKey: CryptoKey };
type Parts = {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  /** Default: the first published one. */
  key?: Key;
};
export type ListParts = Parts & { bits?: Uint8Array; lst?: string };

export type ScriptedIssuer = {
  issuer: string;
  /** A good access token of the list, but for the parts that are given; undefined leaves one out. */
  token(list: string, index: number, parts?: Parts): Promise<string>;
  /** From now on this list is answered, signed afresh each time. */
  serveList(list: string, parts?: ListParts): void;
  createKey(kid: string): Promise<Key>;
  /** The JWKS from now on. */
  publish(...keys: Key[]): Promise<void>;
  /** Requests for a path so far. */
  countOf(path: string): number;
  close(): Promise<void>;
};

export const jwksPath = '/.well-known/jwks.json';
const now = () => Math.floor(Date.now() / 1000);

export async function startScriptedIssuer({ audience }: { audience: string }) {
  const lists = new Map<string, ListParts>();
  const counts = new Map<string, number>();
  let published: Key[] = [];
  let jwks = '';

  const sign = (header: Record<string, unknown>, claims: object, key = published[0]) => {
    if (!key) throw new Error('nothing to sign with');
    const { kid } = key;
    const defined = JSON.parse(JSON.stringify(claims)) as JWTPayload;
    return new SignJWT(defined)
      .setProtectedHeader({ alg: 'RS256', kid, ...header })
      .sign(key.privateKey);
  };

  const signList = (uri: string, { header, claims, key, bits, lst }: ListParts) => {
    const compressed = deflateSync(bits ?? new Uint8Array(16)).toString('base64url');
    const hash = createHash('sha256').update(jwks).digest('base64url');
    const times = { iat: now(), exp: now() + 30, ttl: 1 };
    const list = { bits: 1, lst: lst ?? compressed };
    const body = { iss: issuer, sub: uri, ...times, jwks: hash, status_list: list, ...claims };
    return sign({ typ: 'statuslist+jwt', ...header }, body, key);
  };

  const answer = async (path: string): Promise<string | undefined> => {
    counts.set(path, (counts.get(path) ?? 0) + 1);
    if (path === jwksPath) return jwks;
    if (path === '/.well-known/openid-configuration') {
      return JSON.stringify({ issuer, jwks_uri: `${issuer}${jwksPath}` });
    }
    const list = lists.get(path);
    return list && signList(`${issuer}${path}`, list);
  };

  const server = createServer(async (request, response) => {
    const body = await answer(request.url ?? '');
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const scripted: ScriptedIssuer = {
    issuer,
    token(list, index, { header, claims, key } = {}) {
      const reference = { uri: `${issuer}/status-lists/${list}`, idx: index };
      const who = { iss: issuer, sub: 'job', aud: audience, client_id: 'job', jti: 'one' };
      const times = { iat: now(), exp: now() + 600 };
      const rest = { scope: 'orders:read', status: { status_list: reference } };
      return sign({ typ: 'at+jwt', ...header }, { ...who, ...times, ...rest, ...claims }, key);
    },
    serveList: (list, parts = {}) => void lists.set(`/status-lists/${list}`, parts),
    async createKey(kid) {
      return { kid, ...(await generateKeyPair('RS256', { extractable: true })) };
    },
    async publish(...keys) {
      const toPublic = async ({ kid, publicKey }: Key) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg: 'RS256',
        use: 'sig',
      });
      const document = JSON.stringify({ keys: await Promise.all(keys.map(toPublic)) });
      published = keys;
      jwks = document;
    },
    countOf: (path) => counts.get(path) ?? 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return scripted;
}
