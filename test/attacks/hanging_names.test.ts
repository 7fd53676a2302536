/**
 * Names whose servers never answer. The system looks names up in four threads, which the process also signs with, each
 * for many seconds: whoever may name hosts must not take them.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { createDnsLookup } from '../../src/net/dns_lookup.ts';
import { createOutboundFetch } from '../../src/net/outbound.ts';

/** A name server that takes questions and answers none. */
async function startSilentServer(t: TestContext) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { address: `127.0.0.1:${socket.address().port}`, asked: () => once(socket, 'message') };
}

const lookedUp = (lookup: ReturnType<typeof createDnsLookup>, name: string) =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });

test('Names that never resolve hold no thread of the process, and are given up in time', async (t) => {
  const server = await startSilentServer(t);
  const asked = server.asked();
  const fetch = createOutboundFetch({
    ...{ allow: [], log: { warn: () => undefined } },
    lookup: createDnsLookup({ timeLimit: 500, servers: [server.address] }),
  });
  let pending = 0;
  const names = Array.from({ length: 12 }, (_, index) => `https://h${index}.example/`);
  const fetches = names.map((name) => {
    pending += 1;
    return fetch(name).finally(() => {
      pending -= 1;
    });
  });
  const outcomes = Promise.allSettled(fetches);
  await asked;
  // Work of the thread pool, of which each name would hold one of four.
  await Promise.all(Array.from({ length: 8 }, () => promisify(randomBytes)(16)));
  assert.equal(pending, names.length);
  assert.ok((await outcomes).every(({ status }) => status === 'rejected'));
});

test('The name of this machine needs no server, and an address is its own answer', async () => {
  const lookup = createDnsLookup({ timeLimit: 100, servers: ['127.0.0.1:9'] });
  assert.deepEqual(await lookedUp(lookup, 'localhost'), [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]);
  assert.deepEqual(await lookedUp(lookup, '192.0.2.1'), [{ address: '192.0.2.1', family: 4 }]);
  await assert.rejects(lookedUp(lookup, 'shop.example'));
});
