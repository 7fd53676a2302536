/** Waiting for a change (RFC 7240 section 4.3): whoever waits is told, and nobody waits who cannot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLongPoll, preferredWait } from '../../../src/tokens/status/long_poll.ts';

test('A Prefer header is parsed as in RFC 7240, with an upper bound', () => {
  for (const [header, seconds] of [
    ['wait=10', 10],
    ['WAIT=10', 10],
    ['wait="7"', 7],
    ['wait = 7', 7],
    ['respond-async, wait=5', 5],
    ['handling=lenient; foo, wait=5 , return=minimal', 5],
    ['wait=30', 30],
    ['wait=31', 30],
    ['wait=999999', 30],
    ['wait=9999999', 0],
    ['wait=0', 0],
    ['wait=-1', 0],
    ['wait=1.5', 0],
    ['wait=1e3', 0],
    ['wait', 0],
    ['await=5', 0],
    ['wait=5x', 0],
    ['', 0],
  ] as const) {
    assert.equal(preferredWait(header), seconds, header);
  }
});

test('No header value makes a request wait longer than 30 seconds or blocks the process', () => {
  const pieces = fc.constantFrom('wait', '=', '"', ',', ';', ' ', '\t', '9', '0', 'x');
  const headers = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: pieces, maxLength: 200 }),
    pieces.map((piece) => `,${piece.repeat(16_000)}`),
  );
  fc.assert(
    fc.property(headers, (header) => {
      const seconds = preferredWait(header);
      assert.ok(Number.isInteger(seconds) && seconds >= 0 && seconds <= 30);
    }),
  );
});

/** Waits far longer than any test takes: whoever is answered was answered for a reason. */
const seconds = 600;

function stage() {
  const listeners = new Set<() => void>();
  const longPoll = createLongPoll({
    onLook(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  return {
    longPoll,
    listeners,
    look() {
      for (const listener of listeners) listener();
    },
  };
}
/** All promises that could go on have gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('A change answers all long polls that wait for it and no others', async () => {
  const { longPoll, listeners, look } = stage();
  let version = 1;
  const wait = (known: number) =>
    longPoll.wait({
      seconds,
      left: new AbortController().signal,
      changed: () => version !== known,
    });
  assert.equal(await wait(0), true, 'who comes late is answered at once');
  const first = Array.from({ length: 50 }, () => wait(1));
  const second = wait(2);
  assert.equal(await second, true);
  await settled();
  assert.equal(listeners.size, 50);
  look();
  await settled();
  assert.equal(listeners.size, 50, 'a look that brought nothing answers nobody');
  version = 3;
  look();
  assert.deepEqual(new Set(await Promise.all(first)), new Set([true]));
  assert.equal(listeners.size, 0);
});

test('A long poll whose client leaves or whose answer fails is removed', async () => {
  const { longPoll, listeners, look } = stage();
  const leaving = new AbortController();
  const left = longPoll.wait({ seconds, left: leaving.signal, changed: () => false });
  let broken = false;
  const failed = longPoll.wait({
    seconds,
    left: new AbortController().signal,
    async changed() {
      if (broken) throw new Error('the list cannot be signed');
      return false;
    },
  });
  await settled();
  assert.equal(listeners.size, 2);
  leaving.abort();
  await left;
  broken = true;
  look();
  await failed;
  assert.equal(listeners.size, 0);
  await assert.rejects(
    longPoll.wait({
      seconds,
      left: leaving.signal,
      changed: () => Promise.reject(new Error('at once')),
    }),
    /at once/,
  );
});

test('No long poll waits beyond the maximum number, however many arrive at once', async () => {
  const { longPoll, listeners } = stage();
  const most = 10_000;
  const left = new AbortController();
  const options = { seconds, left: left.signal, changed: async () => false };
  const all = Array.from({ length: most }, () => longPoll.wait(options));
  let refused = 0;
  for (const one of all) {
    one.then((waited) => {
      refused += waited ? 0 : 1;
    });
  }
  await settled();
  await settled();
  assert.ok(listeners.size >= 1000 && listeners.size <= 5000, `${listeners.size} wait`);
  assert.equal(refused, most - listeners.size);
  left.abort();
  await Promise.all(all);
  assert.equal(listeners.size, 0);
  const again = new AbortController();
  const next = longPoll.wait({ ...options, left: again.signal });
  await settled();
  assert.equal(listeners.size, 1, 'the places are free again');
  again.abort();
  await next;
});

test('A node that stops answers all waiting long polls, and later ones at once', async () => {
  const { longPoll } = stage();
  const options = { seconds, left: new AbortController().signal, changed: () => false };
  const waiting = longPoll.wait(options);
  await settled();
  longPoll.end();
  await waiting;
  assert.equal(await longPoll.wait(options), false);
});
