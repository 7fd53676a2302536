/**
 * What the verification of API keys costs, on SQLite: the service in one process with few and with many keys
 * stored, and `/api-keys/verify` over HTTP against client credentials of the same server.
 *
 *   node scripts/bench/api_keys.ts
 *
 * BENCH_SECONDS (10) is how long each rate is measured, BENCH_KEYS (1000000) how many keys are stored at most,
 * BENCH_WORKERS (all cores) how many processes serve.
 */
import { availableParallelism } from 'node:os';
import { measureService } from './api_key_service.ts';
import { insertKeys } from './api_key_store.ts';
import { api, clients, secret } from './declaration.ts';
import { clientCredentials } from './flows.ts';
import { createRequester, type Measurement, measure, measureAtRate } from './load.ts';
import { startCardea } from './servers.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 10);
const most = Number(process.env.BENCH_KEYS ?? 1_000_000);
const workers = Number(process.env.BENCH_WORKERS ?? availableParallelism());
const connections = 32;
const inUse = 1000;

const apiClient = { client_id: 'orders-api', client_secret: secret, grant_types: [] };
const asApi = `Basic ${btoa(`${apiClient.client_id}:${secret}`)}`;
const tiers = {
  bench: { requests_per_minute: 1_000_000_000, requests_per_month: 1_000_000_000 },
};

console.log('| keys stored | hot /s | not remembered µs | unknown µs |\n| --- | --- | --- | --- |');
for (const cost of await measureService([2 * inUse, most], seconds / 2)) {
  const { stored, hot, cold, unknown } = cost;
  console.log(`| ${[stored, hot, cold, unknown].map((value) => value.toFixed(0)).join(' | ')} |`);
}

const server = await startCardea({
  store: 'sqlite',
  workers,
  further: {
    apis: [{ ...api, client_id: apiClient.client_id }],
    clients: [...clients, { ...apiClient, redirect_uris: [], response_types: [] }],
    api_keys: { tiers },
  },
});
try {
  const options = { count: inUse, returned: inUse, api: api.identifier, tier: 'bench' };
  const keys = insertKeys(server.store.replace('sqlite:', ''), options);
  await compare(keys);
} finally {
  await server.stop();
}

async function compare(keys: readonly string[]): Promise<void> {
  const requester = createRequester(server.url, connections);
  let turn = 0;
  const verify = async () => {
    turn += 1;
    const body = JSON.stringify({ key: keys[turn % keys.length], scopes: ['orders:read'] });
    const answer = await requester.post('/api-keys/verify', body, {
      authorization: asApi,
      'content-type': 'application/json',
    });
    return answer.status === 200 && answer.body.startsWith('{"valid":true');
  };
  const whileVerifying = () =>
    measure({ connections, step: verify, until: (_requests, ms) => ms >= seconds * 1000 });
  await measure({ connections, step: verify, until: (requests) => requests >= 2 * keys.length });

  const rows: [string, Measurement, number][] = [];
  const run = async (name: string, work: () => Promise<Measurement & { warmUp?: number }>) => {
    const before = server.cpuTime();
    const result = await work();
    const requests = result.requests + (result.warmUp ?? 0);
    rows.push([name, result, ((server.cpuTime() - before) * 1000) / requests]);
    return result;
  };
  const tokens = await run('client credentials, RS256', () =>
    clientCredentials(server.url, { seconds }),
  );
  const verified = await run('/api-keys/verify', whileVerifying);
  const rate = verified.rate / 2;
  await run('/api-keys/verify, half of that rate', () =>
    measureAtRate({ rate, seconds, step: verify }),
  );
  requester.close();

  console.log(`\n${workers} workers`);
  console.log('|  | rate /s | p50 ms | p99 ms | server µs | failures |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [name, { rate: each, p50, p99, failures }, cpu] of rows) {
    const cells = [each.toFixed(0), p50.toFixed(1), p99.toFixed(1), cpu.toFixed(0), failures];
    console.log(`| ${[name, ...cells].join(' | ')} |`);
  }
  console.log(`\n${(verified.rate / tokens.rate).toFixed(2)} verifications for one token`);
}
