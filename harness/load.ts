/**
 * Load: a number of connections that each do one request after another, until the time is over or the work
 * is done. node:http with kept-alive connections: fetch would cost more than the servers that it measures.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

export type Measurement = {
  /** Successful requests a second. */
  rate: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
  p99: number;
  worst: number;
  requests: number;
  failures: number;
};

export type Requester = {
  post(path: string, body: string, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  close(): void;
};

export function createRequester(url: string, connections: number): Requester {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send = (method: string, path: string, body: string, headers: Record<string, string>) =>
    new Promise<Answer>((resolve, reject) => {
      const outgoing = request(`${url}${path}`, { method, agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
        response.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return {
    post: (path, body, headers = {}) =>
      send('POST', path, body, {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
        ...headers,
      }),
    get: (path, headers = {}) => send('GET', path, '', headers),
    close: () => agent.destroy(),
  };
}

/** Runs `step` on every connection until `until` says so. `step` answers whether the request succeeded. */
export async function measure({
  connections,
  step,
  until,
}: {
  connections: number;
  step: (connection: number) => Promise<boolean>;
  until: (requests: number, elapsedMs: number) => boolean;
}): Promise<Measurement> {
  const latencies: number[] = [];
  let failures = 0;
  const startedAt = performance.now();
  const isOver = () => until(latencies.length + failures, performance.now() - startedAt);
  const connection = async (index: number) => {
    while (!isOver()) {
      const begin = performance.now();
      if (await step(index)) latencies.push(performance.now() - begin);
      else failures += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => connection(index)));
  return summary(latencies, failures, performance.now() - startedAt);
}

/**
 * Sends at a given rate, whether or not the server keeps up: the time of a request counts from when it was due.
 * `step` answers whether the request succeeded.
 */
export async function measureAtRate({
  rate,
  seconds,
  step,
}: {
  /** Requests a second. */
  rate: number;
  seconds: number;
  step: () => Promise<boolean>;
}): Promise<Measurement> {
  const latencies: number[] = [];
  let failures = 0;
  const startedAt = performance.now();
  const running: Promise<void>[] = [];
  const send = async (dueAt: number) => {
    if (await step()) latencies.push(performance.now() - dueAt);
    else failures += 1;
  };
  for (let sent = 0; sent < rate * seconds; ) {
    const due = ((performance.now() - startedAt) / 1000) * rate;
    for (; sent < due; sent += 1) running.push(send(startedAt + (sent / rate) * 1000));
    await sleep(1);
  }
  await Promise.all(running);
  return summary(latencies, failures, performance.now() - startedAt);
}

function summary(latencies: number[], failures: number, elapsedMs: number): Measurement {
  latencies.sort((a, b) => a - b);
  const percentile = (share: number) =>
    latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return {
    rate: (latencies.length * 1000) / elapsedMs,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    worst: latencies.at(-1) ?? Number.NaN,
    requests: latencies.length,
    failures,
  };
}
