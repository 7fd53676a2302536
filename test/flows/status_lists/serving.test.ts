/** Status lists over HTTP (draft-ietf-oauth-status-list-21 sections 5.1, 8 and 9), for verifiers and attackers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { getListFromStatusListJWT } from '@sd-jwt/jwt-status-list';
import { decodeJwt } from 'jose';
import { type Answer, createAppSession } from '../../support/app_session.ts';
import { basic, eachServer, postForm, sqliteServer } from '../../support/flows.ts';
import { createMovableClock } from '../../support/rooms.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration, orders, scope, serviceSecret, stock } from './configuration.ts';
import { claimOf, fetchList, jwksWithNext, listWhen, revokedAt } from './lists.ts';

const authorization = basic('service', serviceSecret);
const ask = ({ url }: TestServer, resource: string): Promise<Answer> =>
  postForm(`${url}/token`, { grant_type: 'client_credentials', resource }, { authorization });
const serviceToken = async (server: TestServer, resource = orders) =>
  String((await ask(server, resource)).body.access_token);
const revoke = ({ url }: TestServer, token: string) =>
  postForm(`${url}/revoke`, { token }, { authorization });

await eachServer({ declaration }, (server) => {
  test('Every JWT names a status bit of its own, and an opaque token none', async () => {
    const app = createAppSession({ issuer: server().issuer, clientId: 'app', scope });
    const person = (await app.newTokens(server(), { resource: orders })).accessToken;
    const tokens = [person, ...(await Promise.all([1, 2, 3].map(() => serviceToken(server()))))];
    const claims = tokens.map((token) => claimOf(token) ?? assert.fail('no status'));
    for (const { idx, uri } of claims) {
      assert.match(uri, new RegExp(`^${server().issuer}/status-lists/[\\w-]{1,64}$`));
      assert.ok(Number.isInteger(idx) && idx >= 0 && idx < 2 ** 20);
    }
    assert.equal(new Set(claims.map(({ idx, uri }) => `${uri} ${idx}`)).size, tokens.length);
    const opaque = [
      (await app.newTokens(server(), { resource: stock })).accessToken,
      await serviceToken(server(), stock),
    ];
    for (const token of opaque) assert.equal(claimOf(token), undefined);
  });

  test('A status list is a signed token that any verifier can check', async () => {
    const token = await serviceToken(server());
    const { idx, uri } = claimOf(token) ?? assert.fail();
    const published = await jwksWithNext(server());
    const before = Math.floor(Date.now() / 1000);
    const list = (await fetchList(server(), uri)) ?? assert.fail();
    const { iss, sub, iat, exp, ttl, jwks, status_list: status } = list.payload;
    assert.deepEqual([iss, sub, ttl, status.bits], [server().issuer, uri, 1, 1]);
    assert.equal(exp - iat, 30);
    assert.ok(iat <= Date.now() / 1000 && iat > before - 10);
    assert.equal(jwks, published.etag);
    assert.ok(published.jwks.keys.some(({ kid }) => kid === list.kid));
    const read = getListFromStatusListJWT(list.token);
    assert.equal(read.statusList.length, 2 ** 20);
    assert.equal(read.getStatus(idx), 0);
    assert.equal(list.headers.get('cache-control'), 'public, max-age=1, no-transform');
    assert.deepEqual(list.headers.get('vary')?.toLowerCase().split(/, ?/).toSorted(), [
      'accept',
      'prefer',
    ]);
    // Nothing in it tells whose tokens these are, or how many.
    assert.deepEqual(Object.keys(list.payload).toSorted(), [
      ...['exp', 'iat', 'iss', 'jwks', 'status_list', 'sub', 'ttl'],
    ]);
  });

  test('A long poll is answered by the change it waits for', async () => {
    const [token, bystander] = [await serviceToken(server()), await serviceToken(server())];
    const { uri } = claimOf(token) ?? assert.fail();
    const { etag } = (await fetchList(server(), uri)) ?? assert.fail();
    const order: string[] = [];
    const waiting = fetchList(server(), uri, { prefer: 'wait=30', 'if-none-match': etag }).then(
      (list) => {
        order.push('answered');
        return list;
      },
    );
    // A request that does not wait is answered meanwhile.
    await fetchList(server(), uri);
    order.push('revoked');
    await revoke(server(), token);
    const list = await waiting;
    assert.deepEqual(order, ['revoked', 'answered']);
    assert.equal(list?.headers.get('preference-applied'), 'wait=30');
    assert.equal(list?.statusAt(claimOf(token)?.idx ?? -1), 1);
    assert.equal(list?.statusAt(claimOf(bystander)?.idx ?? -1), 0);
  });
});

/** It stands still, so that no copy grows old while a slow machine works. */
const clock = createMovableClock(Date.now());

sqliteServer({ declaration, clock }, (server) => {
  const someList = async () => claimOf(await serviceToken(server()))?.uri ?? assert.fail();

  test('A current copy is not sent again, and an outdated one is replaced', async () => {
    const token = await serviceToken(server());
    const { uri } = claimOf(token) ?? assert.fail();
    const { etag } = (await fetchList(server(), uri)) ?? assert.fail();
    assert.match(etag, /^"[\x21\x23-\x7e]+"$/, 'a strong one');
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const answer = await fetch(uri, { headers: { 'if-none-match': value } });
      assert.equal(answer.status, 304);
      assert.equal(answer.headers.get('etag'), etag);
      assert.equal(await answer.text(), '');
    }
    await revoke(server(), token);
    await revokedAt(server(), token);
    assert.equal((await fetch(uri, { headers: { 'if-none-match': etag } })).status, 200);
    // An old copy with the same bits is not as good as a new one: its iat says less.
    const older = (await fetchList(server(), uri)) ?? assert.fail();
    clock.advance(6000);
    const newer = await listWhen(server(), uri, ({ etag: tag }) => tag !== older.etag);
    assert.equal(newer.payload.iat, older.payload.iat + 6);
    assert.deepEqual(newer.payload.status_list, older.payload.status_list);
    assert.equal((await fetch(uri, { headers: { 'if-none-match': older.etag } })).status, 200);
  });

  test('A wait without a copy, or of zero length, is answered at once', async () => {
    const uri = await someList();
    const { etag } = (await fetchList(server(), uri)) ?? assert.fail();
    for (const headers of [
      { prefer: 'wait=30' },
      { prefer: 'wait=30', 'if-none-match': '*' },
      { prefer: 'wait=30', 'if-none-match': '"of-another-server"' },
      { prefer: 'wait=0', 'if-none-match': etag },
      { prefer: 'respond-async', 'if-none-match': etag },
    ]) {
      const answer = await fetch(uri, { headers: headers as Record<string, string> });
      assert.ok([200, 304].includes(answer.status));
      assert.equal(answer.headers.get('preference-applied'), null, JSON.stringify(headers));
      await answer.text();
    }
  });

  test('The aggregation endpoint lists all status lists, and discovery names it', async () => {
    const uri = await someList();
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = (await (await fetch(`${server().issuer}/.well-known/${name}`)).json()) as {
        status_list_aggregation_endpoint: string;
      };
      const endpoint = metadata.status_list_aggregation_endpoint;
      assert.equal(endpoint, `${server().issuer}/status-lists`);
      const answer = await fetch(endpoint);
      assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/json');
      const { status_lists: lists } = (await answer.json()) as { status_lists: string[] };
      assert.ok(lists.includes(uri));
    }
  });

  test('A HEAD request gets the headers of GET without the list, and other methods are refused', async () => {
    for (const url of [await someList(), `${server().issuer}/status-lists`]) {
      const [get, head] = [await fetch(url), await fetch(url, { method: 'HEAD' })];
      const body = await get.text();
      assert.equal(head.status, 200);
      assert.equal(head.headers.get('etag'), get.headers.get('etag'));
      assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(body)));
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const answer = await fetch(url, { method });
        assert.equal(answer.status, 405, method);
        assert.equal(answer.headers.get('allow'), 'GET, HEAD, OPTIONS');
        await answer.text();
      }
    }
  });

  test('A page of any origin may read a status list', async () => {
    const uri = await someList();
    const origin = 'https://page.example';
    const preflight = await fetch(uri, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'if-none-match,prefer',
      },
    });
    assert.equal(preflight.status, 204);
    const allowed = preflight.headers.get('access-control-allow-headers')?.toLowerCase() ?? '';
    for (const header of ['if-none-match', 'prefer']) assert.ok(allowed.includes(header));
    for (const url of [uri, `${server().issuer}/status-lists`, `${uri}-unknown`]) {
      const answer = await fetch(url, { headers: { origin } });
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      assert.equal(answer.headers.get('access-control-allow-credentials'), null);
      assert.match(answer.headers.get('access-control-expose-headers') ?? '', /ETag/i);
      await answer.text();
    }
  });

  test('An unknown status list is 404, under any name, and stores nothing', async () => {
    const { issuer } = server();
    const names = [
      'unknown',
      'a'.repeat(64),
      'a'.repeat(65),
      '__proto__',
      '..%2Fx',
      '%00',
      'ä',
      '',
    ];
    for (const name of names) {
      const answer = await fetch(`${issuer}/status-lists/${name}`);
      assert.equal(answer.status, 404, name);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      await answer.text();
    }
    const before = await (await fetch(`${issuer}/status-lists`)).text();
    const flood = Array.from({ length: 300 }, async (_, number) => {
      const headers = { prefer: 'wait=30', 'if-none-match': '"x"' };
      const answer = await fetch(`${issuer}/status-lists/garbage-${number}`, { headers });
      await answer.text();
      return answer.status;
    });
    assert.deepEqual(new Set(await Promise.all(flood)), new Set([404]));
    assert.equal(await (await fetch(`${issuer}/status-lists`)).text(), before);
  });

  test('Headers of any size and shape are answered, and a forged ETag is not trusted', async () => {
    const uri = await someList();
    const { etag } = (await fetchList(server(), uri)) ?? assert.fail();
    const tags = `${'"x", '.repeat(2500)}"y"`;
    for (const headers of [
      { 'if-none-match': tags },
      { 'if-none-match': '"'.repeat(8000) },
      { 'if-none-match': `"${'a'.repeat(22)}.1", `.repeat(200) },
      { prefer: `wait=${'9'.repeat(8000)}`, 'if-none-match': etag },
      { prefer: ',;'.repeat(4000), 'if-none-match': '"x"' },
      { prefer: `wait${' '.repeat(8000)}`, 'if-none-match': '"x"' },
    ]) {
      const answer = await fetch(uri, { headers: headers as Record<string, string> });
      assert.ok([200, 304].includes(answer.status), String(answer.status));
      await answer.text();
    }
    const huge = await fetch(uri, { headers: { 'if-none-match': 'x'.repeat(20_000) } });
    assert.equal(huge.status, 431);
    await huge.text();
  });

  test('A client that disconnects while waiting leaves nothing behind, and the others are answered', async () => {
    const token = await serviceToken(server());
    const { uri } = claimOf(token) ?? assert.fail();
    const { etag } = (await fetchList(server(), uri)) ?? assert.fail();
    const { hostname, port, pathname } = new URL(uri);
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(Number(port), hostname);
      socket.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nPrefer: wait=30\r\nIf-None-Match: ${etag}\r\n\r\n`,
      );
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const stays = fetchList(server(), uri, { prefer: 'wait=30', 'if-none-match': etag });
    for (const socket of sockets) socket.destroy();
    await revoke(server(), token);
    assert.equal((await stays)?.statusAt(claimOf(token)?.idx ?? -1), 1);
  });

  test('The status claim of a token holds an index and a URI only', async () => {
    const { status } = decodeJwt(await serviceToken(server()));
    assert.deepEqual(Object.keys(status as object), ['status_list']);
    const { status_list: claim } = status as { status_list: object };
    assert.deepEqual(Object.keys(claim).toSorted(), ['idx', 'uri']);
  });
});
