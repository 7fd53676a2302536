/**
 * A caller writes the headers by which a gateway tells the API who he is. Behind the configurations of
 * docs/integrations/gateways the API sees what Cardea says, or nothing.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as fc from 'fast-check';
import { identityHeaders, passHeaders } from '../../src/gateway/identity_headers.ts';
import { behindEachGateway } from '../flows/gateway/behind_gateways.ts';
import { sendRaw } from './raw_request.ts';

const forged = 'forged-by-the-caller';
const believed = [...identityHeaders, 'Authorization', 'X-API-Key'];

/** Ways to write a header that somebody on the way might take for `name`. */
const spellings = (name: string): string[] => [
  `${name}: ${forged}`,
  `${name.toLowerCase()}: ${forged}`,
  `${name.toUpperCase()}: ${forged}`,
  `${name}: ${forged}\r\n${name}: ${forged}2`,
  `${name}: \r\n${name}: ${forged}`,
  `${name.replaceAll('-', '_')}: ${forged}`,
  `${name.toUpperCase().replaceAll('-', '_')}: ${forged}`,
  `${name} : ${forged}`,
  ` ${name}: ${forged}`,
  `${name}:\t${forged}`,
  `X: y\r\n ${name}: ${forged}`,
  `X: y\n${name}: ${forged}`,
  `X: y\r${name}: ${forged}`,
  `X: y\0${name}: ${forged}`,
];

behindEachGateway((scene) => {
  let key: string;
  let own: Record<string, string>;
  before(async () => {
    const made = await scene().newKey();
    key = made.key;
    own = {
      'cardea-subject': made.record.projectId ?? '',
      'cardea-client': '',
      'cardea-scopes': 'orders:read',
      'cardea-api-key-id': made.record.id,
      'cardea-project': made.record.projectId ?? '',
      'cardea-tier': '',
      'cardea-environment': 'live',
    };
  });

  const send = (lines: readonly string[], path = '/orders') => {
    const head = [`GET ${path} HTTP/1.1`, 'Host: api.example', 'Connection: close', ...lines];
    return sendRaw(scene().gateway.url, Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'));
  };
  let sent = 0;
  /** Sends it as a request that can be told apart, and what the API has seen of it, if anything. */
  const pass = async (lines: readonly string[], query = '') => {
    sent += 1;
    const path = `/orders/${sent}${query}`;
    const { status } = await send(lines, path);
    return { status, seen: scene().backend.seen.find(({ url }) => url === path)?.headers };
  };
  /** Or it was refused, as no good HTTP or for having more than one credential. */
  const assertOwn = async (lines: readonly string[], query?: string): Promise<boolean> => {
    const { status, seen } = await pass(lines, query);
    const text = `${status} for ${lines.join('\n')}`;
    if (!seen) assert.ok([0, 400, 401].includes(status), text);
    else {
      assert.equal(status, 200, text);
      // Also for an API that takes `_` for `-`.
      for (const [name, value] of Object.entries(seen)) {
        const meant = name.toLowerCase().replaceAll('_', '-');
        if (meant.startsWith('cardea-')) assert.equal(value, own[meant], text);
        if (meant === 'x-api-key') assert.equal(value, '', text);
      }
      for (const [name, value] of Object.entries(own)) {
        assert.equal(seen[name] ?? '', value, text);
      }
      assert.match(seen.authorization ?? '', /^Bearer ey/, text);
    }
    return seen !== undefined;
  };

  test('A caller cannot assert an identity through headers', async () => {
    const { backend } = scene();
    const passedBefore = backend.seen.length;
    await Promise.all(
      believed.flatMap(spellings).map(async (line) => {
        const { status } = await send([line]);
        assert.ok(status === 0 || (status >= 400 && status < 500), `${status} for ${line}`);
      }),
    );
    const all = Object.entries(own).map(([name, value]) => `${name}: ${value}`);
    assert.equal((await send([...all, 'Cardea-Status: 200', 'Cardea-Error: none'])).status, 401);
    assert.equal(backend.seen.length, passedBefore);
  });

  test('An authenticated caller keeps its own identity, however it spells another one in headers', async () => {
    const passed = await Promise.all(
      identityHeaders.flatMap(spellings).map((line) => assertOwn([`X-API-Key: ${key}`, line])),
    );
    assert.ok(passed.filter(Boolean).length >= 4 * identityHeaders.length);
  });

  test('A second credential beside the valid one does not reach the API', async () => {
    for (const lines of [
      [`X-API-Key: ${key}`, `Authorization: Basic ${btoa(`${forged}:x`)}`],
      [`X-API-Key: ${key}`, `X_API_Key: ${forged}`],
      [`Authorization: Bearer ${key}`, `x_api_key: ${forged}`],
    ]) {
      await assertOwn(lines);
    }
    for (const lines of [
      [`X-API-Key: ${key}`, `Authorization: Bearer ${forged}`],
      [`X-API-Key: ${forged}`, `X-API-Key: ${key}`],
      [`Authorization: Bearer ${forged}`, `Authorization: Bearer ${key}`],
    ]) {
      const { status, seen } = await pass(lines);
      assert.ok(status === 400 || status === 401, `${status} for ${lines}`);
      assert.equal(seen, undefined);
    }
  });

  test("A caller cannot make the gateway drop Cardea's headers", async () => {
    await assertOwn([`X-API-Key: ${key}`, `Connection: close, ${believed.join(', ')}`]);
  });

  test('No path bypasses Cardea or reaches its internal responses', async () => {
    const { backend } = scene();
    const passedBefore = backend.seen.length;
    for (const path of [
      '/.cardea',
      '/.cardea?api=https://notes.example',
      '/%2ecardea',
      '//.cardea',
      '/orders/../.cardea',
      '/orders/..%2f.cardea',
      '/forward-auth?api=https://notes.example',
      '/orders?scope=orders:read&api=https://orders.example',
      '/@refused_by_cardea',
      `http://127.0.0.1:${backend.port}/orders`,
      '/orders%00',
      '/orders#x',
    ]) {
      const { status } = await send([], path);
      assert.ok(status >= 400 && status < 500, `${status} for ${path}`);
    }
    assert.equal(backend.seen.length, passedBefore);
  });

  test('Headers meant for Cardea have no effect when a caller sends them through the gateway', async () => {
    for (const query of ['?refuse_with=403', '?api=x&token=&environment=test&scope=none']) {
      assert.ok(await assertOwn([`X-API-Key: ${key}`, 'X-Original-URI: /'], query));
    }
  });
});

test('Whatever a name contains, it stays one value of one header', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, fc.array(text.filter(Boolean)), (subject, clientId, scopes) => {
      const headers = passHeaders(
        {
          ...{ subject, clientId, scopes },
          ...{
            apiKeyId: undefined,
            projectId: undefined,
            tier: '\r\nX: y',
            environment: undefined,
          },
        },
        undefined,
      );
      for (const value of Object.values(headers)) assert.match(value, /^[\x20-\x7e]*$/);
      assert.equal(decodeURIComponent(headers['cardea-subject']), subject.toWellFormed());
      const told = headers['cardea-scopes'].split(' ').filter(Boolean).map(decodeURIComponent);
      assert.deepEqual(
        told,
        scopes.map((scope) => scope.toWellFormed()),
      );
    }),
  );
});
