/**
 * A small issuer over real HTTP that keeps the wire contract of Cardea's status lists, and breaks it on
 * demand: it hangs, goes away, loses its store, and serves what a test puts in the place of a list.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { type JWTPayload, SignJWT } from 'jose';
import { randomId, sha256 } from '../../../src/digests.ts';
import { createKeyEndpoint } from './key_endpoint.ts';
import { createSigningKey, type SigningKey } from './keys.ts';

export type TestList = { uri: string; bytes: Uint8Array; gone: boolean };

/** Instead of the list: what comes is answered as it is. */
export type ListAnswer = (response: ServerResponse) => void | Promise<void>;

export type TestIssuer = Awaited<ReturnType<typeof startIssuer>>;

export async function startIssuer({
  path = '',
  algorithm = 'RS256',
  listBytes = 2 ** 17,
  longPoll = true,
}: {
  path?: string;
  algorithm?: string;
  listBytes?: number;
  longPoll?: boolean;
} = {}) {
  const lists = new Map<string, TestList>();
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const changes = new Set<() => void>();
  const apiKeys = createKeyEndpoint();
  const keys: SigningKey[] = [await createSigningKey(algorithm)];
  let signing = keys[0] as SigningKey;
  let mode: 'serve' | 'hang' | 'fail' = 'serve';
  let frozenAt: number | undefined;
  let listAnswer: ListAnswer | undefined;
  let discovery: Record<string, unknown> = {};
  let jwksBody: string | undefined;
  let jwksFails = false;

  const changed = () => {
    for (const wake of [...changes]) wake();
  };
  const jwks = () => JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) });
  const versionOf = ({ bytes }: TestList) =>
    sha256(`${Buffer.from(bytes).toString('base64')}.${jwks()}`);
  const epoch = () => Math.floor(Date.now() / 1000);

  const signList = async (
    list: TestList,
    { claims = {}, header = {}, key = signing }: SignChanges = {},
  ) => {
    const iat = frozenAt ?? epoch();
    const payload = {
      iss: issuer(),
      sub: list.uri,
      iat,
      exp: iat + 30,
      ttl: 1,
      jwks: sha256(jwks()),
      status_list: { bits: 1, lst: deflateSync(list.bytes).toString('base64url') },
      ...claims,
    };
    return sign(
      payload,
      { alg: key.algorithm, kid: key.kid, typ: 'statuslist+jwt', ...header },
      key,
    );
  };

  /** As the contract says: 304 and waiting only while the copy is current. */
  const serveList = async (list: TestList, request: IncomingMessage, response: ServerResponse) => {
    const wait = longPoll
      ? Number(/\bwait=(\d+)/.exec(String(request.headers.prefer))?.[1] ?? 0)
      : 0;
    const known = request.headers['if-none-match'];
    if (wait > 0 && known === `"${versionOf(list)}"`) {
      await new Promise<void>((resolve) => {
        const done = () => {
          changes.delete(done);
          resolve();
        };
        changes.add(done);
        sleep(wait * 1000, undefined, { ref: false }).then(done);
      });
    }
    if (list.gone) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': 'application/statuslist+jwt',
      etag: `"${versionOf(list)}"`,
      'cache-control': 'public, max-age=1, no-transform',
      ...(wait > 0 && { 'preference-applied': `wait=${wait}` }),
    });
    response.end(await signList(list));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = String(request.url);
    requests.push({ path: url, headers: request.headers });
    if (mode === 'hang') return;
    if (mode === 'fail') return void response.writeHead(503, { 'retry-after': '1' }).end();
    if (url === `${path}/.well-known/openid-configuration`) {
      return void response.end(
        JSON.stringify({
          issuer: issuer(),
          jwks_uri: `${issuer()}/.well-known/jwks.json`,
          id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))],
          ...discovery,
        }),
      );
    }
    if (url === `${path}/.well-known/jwks.json`) {
      if (jwksFails) return void response.writeHead(503).end();
      const body = jwksBody ?? jwks();
      const etag = `"${sha256(body)}"`;
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
      response.writeHead(200, { etag, 'cache-control': 'max-age=300' }).end(body);
      return;
    }
    if (url === `${path}/api-keys/verify`) return apiKeys.serve(request, response);
    const list = lists.get(url);
    if (!list || list.gone) return void response.writeHead(404).end();
    if (listAnswer) return listAnswer(response);
    await serveList(list, request, response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const issuer = () => `http://127.0.0.1:${port}${path}`;

  const addList = (id = randomId().slice(0, 22)): TestList => {
    const list = {
      uri: `${issuer()}/status-lists/${id}`,
      bytes: new Uint8Array(listBytes),
      gone: false,
    };
    lists.set(`${path}/status-lists/${id}`, list);
    return list;
  };
  const firstList = addList('first');

  return {
    issuer: issuer(),
    audience: 'https://orders.example',
    apiKeys,
    firstList,
    addList,
    changed,
    jwks,
    signList,
    requests,
    signingKey: () => signing,
    keyOf: (kid: string) => keys.find((key) => key.kid === kid),
    countOf: (part: string) => requests.filter(({ path: asked }) => asked.includes(part)).length,

    /** A good access token; `changes` replace claims, undefined leaves one out. */
    async issue(changes: Record<string, unknown> = {}, header: object = {}, key = signing) {
      const now = epoch();
      const payload = {
        iss: issuer(),
        sub: 'alice',
        aud: 'https://orders.example',
        exp: now + 600,
        iat: now,
        jti: randomId(),
        client_id: 'shop',
        scope: 'orders:read orders:write',
        status: { status_list: { uri: firstList.uri, idx: 5 } },
        ...changes,
      };
      return sign(payload, { alg: key.algorithm, kid: key.kid, typ: 'at+jwt', ...header }, key);
    },
    /** Sets the bit and lets long polls answer. */
    revoke(index: number, list = firstList) {
      list.bytes[index >> 3] = (list.bytes[index >> 3] ?? 0) | (1 << (index & 7));
      changed();
    },
    /** A list that is retired. */
    retire(list: TestList) {
      list.gone = true;
      changed();
    },
    /** The new key is published and signs; the old one stays published. */
    async rotate(next = algorithm) {
      signing = await createSigningKey(next);
      keys.push(signing);
      changed();
    },
    /** The key leaves the key set at once; another one signs. */
    async revokeKey(kid: string) {
      if (keys.length === 1) keys.push(await createSigningKey(algorithm));
      keys.splice(
        keys.findIndex((key) => key.kid === kid),
        1,
      );
      signing = keys.at(-1) as SigningKey;
      changed();
    },
    /** How all requests are answered; running ones that wait are answered now. */
    become(next: typeof mode) {
      mode = next;
    },
    /** Cut off from its store: lists are signed with this `iat` (seconds) from now on. */
    freeze(at: number | undefined = epoch()) {
      frozenAt = at;
    },
    thaw() {
      frozenAt = undefined;
    },
    serveInstead(next: ListAnswer | undefined) {
      listAnswer = next;
      changed();
    },
    describe(changes: Record<string, unknown>) {
      discovery = changes;
    },
    /** What is served in the place of the key set; lists go on to name the real one. */
    publish(body: string | undefined) {
      jwksBody = body;
    },
    failKeys(fails: boolean) {
      jwksFails = fails;
    },
    /** Unreachable until `start`. */
    async stop() {
      changed();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    start: () => listen(port),
  };
}

export type SignChanges = {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: SigningKey;
};

function sign(payload: object, header: object, key: SigningKey): Promise<string> {
  const claims = JSON.parse(JSON.stringify(payload)) as JWTPayload;
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, ...header })
    .sign(key.privateKey);
}
