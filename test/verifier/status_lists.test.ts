import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { describe, test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { StatusList } from '@sd-jwt/jwt-status-list';
import { newerOf, statusAt } from '../../src/verifier/status_lists/status_list.ts';
import type { SignChanges, TestIssuer } from './support/issuer.ts';
import { createSigningKey } from './support/keys.ts';
import { setUp, until } from './support/verifying.ts';

const at = (idx: number, uri: string) => ({ status: { status_list: { uri, idx } } });

const stranger = await createSigningKey();

describe('Status lists in the verifier', { concurrency: true }, () => {
  for (const longPoll of [true, false]) {
    test(`A revoked token is refused and others are still accepted ${longPoll ? 'by long poll' : 'by ttl'}`, async (context) => {
      const { issuer, code } = await setUp(context, {}, { longPoll });
      const [revoked, neighbour] = await Promise.all([
        issuer.issue(at(9, issuer.firstList.uri)),
        issuer.issue(at(10, issuer.firstList.uri)),
      ]);
      assert.equal(await code(revoked), 'ok');
      issuer.revoke(9);
      await until(() => code(revoked), 'revoked');
      assert.equal(await code(neighbour), 'ok');
    });
  }

  test('A token revoked before its list was first fetched is refused at once', async (context) => {
    const { issuer, code } = await setUp(context);
    issuer.revoke(0);
    assert.equal(await code(await issuer.issue(at(0, issuer.firstList.uri))), 'revoked');
  });

  test('The verifier reads every status bit as an independent implementation does', async (context) => {
    const { issuer, code } = await setUp(context, {}, { listBytes: 64 });
    issuer.firstList.bytes.set(randomBytes(64));
    const lst = deflateSync(issuer.firstList.bytes).toString('base64url');
    const reference = StatusList.decompressStatusList(lst, 1);
    for (let idx = 0; idx < 512; idx += 1) {
      const token = await issuer.issue(at(idx, issuer.firstList.uri));
      assert.equal(await code(token), reference.getStatus(idx) === 1 ? 'revoked' : 'ok');
    }
  });

  test('The verifier reads multi-bit statuses as an independent implementation does', () => {
    for (const bits of [1, 2, 4, 8] as const) {
      const statuses = Array.from({ length: 64 }, () => randomInt(2 ** bits));
      const bytes = new StatusList(statuses, bits).encodeStatusList();
      const list = { bits, bytes, iat: 0, ttl: 1, jwks: undefined, kid: undefined };
      assert.deepEqual(
        statuses.map((_, index) => statusAt(list, index)),
        statuses,
      );
      assert.equal(statusAt(list, 64), undefined);
    }
  });

  test('Of two lists from the same second a revocation in either counts, and an older list changes nothing', () => {
    const list = (iat: number, bytes: number[]) => ({
      bits: 1,
      bytes: Uint8Array.from(bytes),
      iat,
      ttl: 1,
      jwks: undefined,
      kid: undefined,
    });
    const held = list(100, [0b01, 0]);
    assert.deepEqual(newerOf(held, list(100, [0b10, 0]))?.bytes, Uint8Array.of(0b11, 0));
    assert.equal(newerOf(held, list(99, [0, 0])), undefined);
    assert.deepEqual(newerOf(held, list(101, [0, 0]))?.bytes, Uint8Array.of(0, 0));
  });

  test('Many tokens that need a new list at once cause one request, and later ones none', async (context) => {
    const { issuer, code } = await setUp(context);
    const tokens = await Promise.all(
      Array.from({ length: 60 }, (_, idx) => issuer.issue(at(idx, issuer.firstList.uri))),
    );
    const codes = await Promise.all(tokens.map((token) => code(token)));
    assert.deepEqual(new Set(codes), new Set(['ok']));
    assert.equal(issuer.countOf('/status-lists/'), 1);
    const before = issuer.requests.length;
    for (const token of tokens) await code(token);
    // What is on its way now is the long poll, of which there is one.
    assert.ok(issuer.requests.length - before <= 1);
    assert.equal(issuer.countOf('.well-known'), 2);
  });

  test('The tokens of a list that the issuer no longer knows are refused', async (context) => {
    const { issuer, code, events } = await setUp(context);
    const token = await issuer.issue();
    assert.equal(await code(token), 'ok');
    issuer.retire(issuer.firstList);
    await until(() => code(token), 'status_list_gone');
    assert.ok(events.some(({ type }) => type === 'list_gone'));
    const unknown = await issuer.issue(at(1, `${issuer.issuer}/status-lists/unknown`));
    assert.equal(await code(unknown), 'status_list_gone');
  });

  test('The number of lists is bounded, and the least used one is dropped', async (context) => {
    const { issuer, code, verifier, events } = await setUp(context, {
      status_lists: { max_lists: 2 },
    });
    const lists = [issuer.firstList, issuer.addList('second'), issuer.addList('third')];
    for (const { uri } of lists) assert.equal(await code(await issuer.issue(at(1, uri))), 'ok');
    assert.equal(verifier.metrics().lists, 2);
    assert.deepEqual(
      events.filter(({ type }) => type === 'list_forgotten'),
      [{ type: 'list_forgotten', uri: issuer.firstList.uri, reason: 'limit' }],
    );
    assert.equal(verifier.metrics().list_bytes, 2 * 2 ** 17);
  });

  test('A list that no token uses any more is dropped, and fetched again when one does', async (context) => {
    let shift = 0;
    const clock = { now: () => Date.now() + shift };
    const { issuer, code, verifier } = await setUp(context, { clock, status_lists: { idle: 10 } });
    assert.equal(await code(await issuer.issue()), 'ok');
    shift = 11_000;
    await until(() => verifier.metrics().lists, 0);
    assert.equal(verifier.metrics().list_bytes, 0);
    shift = 0;
    assert.equal(await code(await issuer.issue()), 'ok');
  });

  test('A list is renewed in time while nothing changes', async (context) => {
    const { issuer, code, events, verifier } = await setUp(context);
    const token = await issuer.issue();
    const end = Date.now() + 13_000;
    while (Date.now() < end) {
      assert.equal(await code(token), 'ok');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(
      events.filter(({ type }) => type === 'blind'),
      [],
    );
    assert.equal(verifier.metrics().blind, false);
    // By long poll: not every second.
    assert.ok(issuer.countOf('/status-lists/') < 10);
  });

  const deflated = (bytes: Uint8Array) => deflateSync(bytes).toString('base64url');
  type Bad = (issuer: TestIssuer) => Promise<string> | string;
  const signed =
    (changes: (issuer: TestIssuer) => SignChanges): Bad =>
    (issuer) =>
      // A list without any revocation, so that believing it would be noticed.
      issuer.signList({ ...issuer.firstList, bytes: new Uint8Array(2 ** 17) }, changes(issuer));
  const lst = (text: string | (() => string), bits = 1) =>
    signed(() => ({
      claims: { status_list: { bits, lst: typeof text === 'string' ? text : text() } },
    }));
  const now = () => Math.floor(Date.now() / 1000);
  const empty = new Uint8Array(2 ** 17);
  const bad: Record<string, Bad> = {
    'signed by a stranger': signed(() => ({ key: stranger })),
    "signed by a stranger in the issuer's name": signed((issuer) => ({
      key: stranger,
      header: { kid: issuer.signingKey().kid },
    })),
    'without signature': async (issuer) => {
      const [, payload] = (await issuer.signList(issuer.firstList)).split('.');
      return `${Buffer.from('{"alg":"none","typ":"statuslist+jwt"}').toString('base64url')}.${payload}.`;
    },
    'of another issuer': signed(() => ({ claims: { iss: 'https://evil.example' } })),
    'of another address': signed((issuer) => ({ claims: { sub: `${issuer.firstList.uri}2` } })),
    'of another type': signed(() => ({ header: { typ: 'at+jwt' } })),
    'that has expired': signed(() => ({ claims: { exp: now() - 6 } })),
    'without expiry': signed(() => ({ claims: { exp: undefined } })),
    'from the future': signed(() => ({ claims: { iat: now() + 60 } })),
    'without iat': signed(() => ({ claims: { iat: undefined } })),
    'with three bits a token': lst(() => deflated(empty), 3),
    'that is truncated': lst(() =>
      deflateSync(randomBytes(1000)).subarray(0, 400).toString('base64url'),
    ),
    'that is not compressed': lst(Buffer.from(empty).toString('base64url')),
    'that is compressed otherwise': lst(() => gzipSync(empty).toString('base64url')),
    'that is a decompression bomb': lst(() => deflated(new Uint8Array(2 ** 26))),
    'that is huge': () => 'a'.repeat(8 * 2 ** 20),
    'that is empty': lst(''),
    'that is a number': signed(() => ({ claims: { status_list: 7 } })),
    'that is missing': signed(() => ({ claims: { status_list: undefined } })),
    'that is cut': async (issuer) => (await issuer.signList(issuer.firstList)).slice(0, -20),
    'that is a page': () => '<html>Welcome to the hotel</html>',
    'that is nothing': () => '',
  };
  for (const [name, make] of Object.entries(bad)) {
    test(`A list ${name} is refused and weakens no protection`, async (context) => {
      const { issuer, code, events, verifier } = await setUp(context);
      const live = await issuer.issue(at(1, issuer.firstList.uri));
      const revoked = await issuer.issue(at(2, issuer.firstList.uri));
      issuer.revoke(2);
      assert.equal(await code(revoked), 'revoked');
      const updates = verifier.metrics().list_updates_total;
      issuer.serveInstead(async (response) => void response.end(await make(issuer)));
      const noticed = () =>
        events.some(({ type }) => type === 'list_refused' || type === 'fetch_failed');
      await until(noticed, true);
      assert.equal(await code(live), 'ok');
      assert.equal(await code(revoked), 'revoked');
      assert.ok(verifier.metrics().list_updates_total - updates <= 1);

      const unmet = issuer.addList('unmet').uri;
      assert.equal(await code(await issuer.issue(at(1, unmet))), 'status_unavailable');
      issuer.serveInstead(undefined);
      await until(async () => code(await issuer.issue(at(1, unmet))), 'ok');
    });
  }

  test('An older list does not replace the current one', async (context) => {
    const { issuer, code, verifier } = await setUp(context);
    const revoked = await issuer.issue(at(2, issuer.firstList.uri));
    issuer.revoke(2);
    assert.equal(await code(revoked), 'revoked');
    let served = 0;
    issuer.serveInstead(async (response) => {
      served += 1;
      const old = { ...issuer.firstList, bytes: new Uint8Array(2 ** 17) };
      response.end(await issuer.signList(old, { claims: { iat: now() - 8 } }));
    });
    await until(() => served > 1, true);
    assert.equal(await code(revoked), 'revoked');
    assert.ok(verifier.metrics().oldest_list_age < 8);
  });
});
