/**
 * What the verification of API keys costs, on SQLite: the service in one process with few and with many keys
 * stored, and `/api-keys/verify` over HTTP against client credentials of the same server.
 *
 *   npm run bench:api-keys
 *
 * BENCH_SECONDS (10) is how long each rate is measured, BENCH_KEYS (1000000) how many keys are stored at most,
 * BENCH_WORKERS (all cores) how many processes serve.
 */
import { availableParallelism } from 'node:os';
import { type Measurement, measure, measureAtRate } from '../../harness/load.ts';
import { createRawRequester } from '../../harness/raw_requester.ts';
import { measureService } from './api_key_service.ts';
import { insertKeys } from './api_key_store.ts';
import { api, clients, secret } from './declaration.ts';
import { startCardea } from './servers.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 10);
const most = Number(process.env.BENCH_KEYS ?? 1_000_000);
const workers = Number(process.env.BENCH_WORKERS ?? availableParallelism());
const connections = 32;
const inUse = 1000;

const apiClient = { client_id: 'orders-api', client_secret: secret, grant_types: [] };
const asClient = (clientId: string, type: string) =>
  `Authorization: Basic ${btoa(`${clientId}:${secret}`)}\r\nContent-Type: application/${type}`;
const asApi = asClient(apiClient.client_id, 'json');
const asJob = asClient(clients[0]?.client_id ?? '', 'x-www-form-urlencoded');
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
  const requester = await createRawRequester(server.url, connections);
  let turn = 0;
  const verify = async (connection: number) => {
    turn += 1;
    const body = JSON.stringify({ key: keys[turn % keys.length], scopes: ['orders:read'] });
    const { status, body: answer } = await requester.post(
      connection,
      '/api-keys/verify',
      asApi,
      body,
    );
    return status === 200 && answer.startsWith('{"valid":true');
  };
  const issue = async (connection: number) => {
    const body = 'grant_type=client_credentials';
    return (await requester.post(connection, '/token', asJob, body)).status === 200;
  };
  const load = async (step: (connection: number) => Promise<boolean>) => {
    await measure({ connections, step, until: (requests) => requests >= 3 * inUse });
    const before = server.cpuTime();
    const until = (_requests: number, elapsed: number) => elapsed >= seconds * 1000;
    const measurement = await measure({ connections, step, until });
    return { measurement, cpu: ((server.cpuTime() - before) * 1000) / measurement.requests };
  };

  const tokens = await load(issue);
  const verified = await load(verify);
  requester.close();
  const calm = await atRate(verified.measurement.rate / 2, keys);
  const rows = [
    ['client credentials, RS256', tokens.measurement, tokens.cpu],
    ['/api-keys/verify', verified.measurement, verified.cpu],
    ['/api-keys/verify, half of that rate', calm, Number.NaN],
  ] as const;

  console.log(`\n${workers} workers`);
  console.log('|  | rate /s | p50 ms | p99 ms | server µs | failures |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [name, { rate: each, p50, p99, failures }, cpu] of rows) {
    const cells = [each.toFixed(0), p50.toFixed(1), p99.toFixed(1), cpu.toFixed(0), failures];
    console.log(`| ${[name, ...cells].join(' | ')} |`);
  }
  console.log(
    `\n${(verified.measurement.rate / tokens.measurement.rate).toFixed(2)} verifications for one token`,
  );
}

/** On as many connections as it takes: what is due waits for no other request. */
async function atRate(rate: number, keys: readonly string[]): Promise<Measurement> {
  const most = 256;
  const requester = await createRawRequester(server.url, most);
  const free = Array.from({ length: most }, (_, connection) => connection);
  let turn = 0;
  const step = async () => {
    const connection = free.shift();
    if (connection === undefined) return false;
    turn += 1;
    const body = JSON.stringify({ key: keys[turn % keys.length], scopes: ['orders:read'] });
    const { status } = await requester.post(connection, '/api-keys/verify', asApi, body);
    free.push(connection);
    return status === 200;
  };
  const measurement = await measureAtRate({ rate, seconds, step });
  requester.close();
  return measurement;
}
