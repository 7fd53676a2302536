/**
 * A million tokens, and ten thousand of them revoked at random: is every bit of the lists right, as another
 * implementation reads them from a real server? And what does it take up? Exits with 1 when any bit is wrong, or
 * when two tokens have the same one.
 *
 *   npm run soak:status-lists                           on SQLite
 *   npm run soak:status-lists -- mongodb://host:port/   on MongoDB
 *
 * SOAK_TOKENS (1000000), half of them clients' own, SOAK_REVOKED (10000), SOAK_RATE (1000 tokens in a simulated
 * second).
 */

import { freePort } from '../../harness/free_port.ts';
import { startProcessServer } from '../../harness/process_server.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/storage/open.ts';
import { api, createIssuance, type Issued, lifetimeSeconds } from './status_lists/issuance.ts';
import { type ReadList, readLists } from './status_lists/reading.ts';
import { storeSize } from './status_lists/store_size.ts';
import { soakStores } from './stores.ts';

const tokens = Number(process.env.SOAK_TOKENS ?? 1_000_000);
const revoked = Number(process.env.SOAK_REVOKED ?? 10_000);
const perSecond = Number(process.env.SOAK_RATE ?? 1000);
const half = tokens / 2;
const revokedAtOnce = 50;

const [target] = (await soakStores(process.argv[2])).slice(-1);
if (!target) throw new Error('no store');
const port = await freePort();
const issuer = `http://127.0.0.1:${port}`;
const store = await openStore({ url: target.url });
const startAt = systemClock.now() - (tokens / perSecond) * 1000;
const issuance = createIssuance({ store, issuer, perSecond, startAt });

const empty = await storeSize(target.url);
const forClients = await timed(() => issuance.clientTokens(half));
const withClients = await storeSize(target.url);
const forPeople = await timed(() => issuance.personTokens(half));
const withPeople = await storeSize(target.url);

const all = [...forClients.result, ...forPeople.result];
const chosen = drawn(all, revoked);
const revoking = await timed(async () => {
  for (let first = 0; first < chosen.length; first += revokedAtOnce) {
    const batch = chosen.slice(first, first + revokedAtOnce);
    await Promise.all(batch.map(({ target }) => issuance.revoke(target)));
  }
});
const withRevocations = await storeSize(target.url);
await store.close();

const declaration = {
  apis: [{ identifier: api, name: 'Orders', access_token_lifetime: `${lifetimeSeconds}s` }],
};
const starting = await timed(() =>
  startProcessServer({ store: target.url, declaration, issuer, port }),
);
const reading = await timed(() => readLists(issuer));
await starting.result.stop();

const lists = reading.result;
const wrong = wrongBits(lists, chosen);
const shared = all.length - new Set(all.map(({ uri, idx }) => `${uri} ${idx}`)).size;
const bits = lists.reduce((sum, list) => sum + list.bits.length, 0);

console.log(
  `${target.name}: ${tokens} tokens, ${chosen.length} revoked; ${lists.length} lists with ${bits} bits, ` +
    `${wrong} wrong; ${shared} tokens share a bit`,
);
for (const { raw, compressed, token } of lists) {
  console.log(`  list: ${raw} bytes raw, ${compressed} compressed, ${token} as a signed token`);
}
const each = (bytes: number, count: number) => (bytes / count).toFixed(1);
console.log(
  `store: ${each(withClients - empty, half)} bytes for a client's token, ` +
    `${each(withPeople - withClients, half)} for a person's, ` +
    `${each(withRevocations - withPeople, chosen.length)} for a revocation\n` +
    `time: ${perToken(forClients.ms)} µs for a client's token, ${perToken(forPeople.ms)} µs for a person's, ` +
    `${((revoking.ms * 1000) / chosen.length).toFixed(0)} µs for a revocation; ` +
    `start of a node on it ${starting.ms.toFixed(0)} ms, reading all lists ${reading.ms.toFixed(0)} ms`,
);
process.exit(wrong === 0 && shared === 0 ? 0 : 1);

function perToken(ms: number): string {
  return ((ms * 1000) / half).toFixed(0);
}

/** `count` different ones, at random. */
function drawn(from: readonly Issued[], count: number): Issued[] {
  const indexes = new Set<number>();
  while (indexes.size < Math.min(count, from.length)) {
    indexes.add(Math.floor(Math.random() * from.length));
  }
  return [...indexes].flatMap((index) => from[index] ?? []);
}

/** Bits that are not as the revocations say, in any place of any list; bits in lists that are missing count. */
function wrongBits(found: readonly ReadList[], dead: readonly Issued[]): number {
  const expected = new Map(found.map(({ uri }) => [uri, new Set<number>()]));
  let missing = 0;
  for (const { uri, idx } of dead) {
    const indexes = expected.get(uri);
    if (indexes) indexes.add(idx);
    else missing += 1;
  }
  return found.reduce((wrongSoFar, { uri, bits }) => {
    const indexes = expected.get(uri) ?? new Set();
    return wrongSoFar + bits.filter((bit, index) => bit !== (indexes.has(index) ? 1 : 0)).length;
  }, missing);
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, ms: performance.now() - startedAt };
}
