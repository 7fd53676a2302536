/**
 * What 500 sign-ins that are under way at once cost programs that ask for tokens meanwhile: `/token` at a given rate alone,
 * and beside the crowd, in turn. The people have their pages open, and all send them in the same moment; the kinds
 * are in visits.ts. SQLite, loopback.
 *
 *   npm run bench:people
 *
 * BENCH_PEOPLE (500) is how many at once, BENCH_ROUNDS (3) how often, BENCH_SECONDS (6) how long each is measured, BENCH_RATE
 * (100) how many tokens a second, BENCH_WORKERS (2) how many processes serve.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Measurement, measureAtRate } from '../../../harness/load.ts';
import { createRawRequester } from '../../../harness/raw_requester.ts';
import { formRequest } from '../load/request.ts';
import type { FromCrowd, ToCrowd } from './crowd.ts';
import { names, type People, startPeople } from './people.ts';
import { descriptions, hasMailOnly, hasPassword, visits } from './visits.ts';

const number = (name: string, usual: number) => Number(process.env[name] ?? usual);
const count = number('BENCH_PEOPLE', 500);
const rounds = number('BENCH_ROUNDS', 3);
const seconds = number('BENCH_SECONDS', 6);
const rate = number('BENCH_RATE', 100);
const workers = number('BENCH_WORKERS', 2);
const preparedWithinMs = 300_000;

type Done = Extract<FromCrowd, { done: object }>['done'];

const everybody = (kinds: readonly string[]) =>
  kinds.flatMap((kind) => names(kind, rounds * Math.ceil(count / Object.keys(visits).length)));
const people = await startPeople({
  ...{ workers, withPassword: everybody(hasPassword), byMail: everybody(hasMailOnly) },
});
const crowd = startCrowd(people);
try {
  const shares = ['p50', 'p95', 'p99', 'worst'] as const;
  console.log(`| | ${shares.join(' ms | ')} ms | failed |\n| --- | --- | --- | --- | --- | --- |`);
  const row = (name: string, { failures, ...measured }: Measurement) =>
    console.log(
      `| ${name} | ${shares.map((share) => measured[share].toFixed(1)).join(' | ')} | ${failures} |`,
    );
  const ratios: Record<(typeof shares)[number], number>[] = [];
  const all: Done = [];
  for (let round = 0; round < rounds; round += 1) {
    await crowd.prepare(round);
    await tokens(2);
    const before = await tokens(seconds);
    row('alone', before);
    const [beside, done] = await Promise.all([tokens(seconds), crowd.go()]);
    row('beside the crowd', beside);
    const after = await tokens(seconds);
    row('alone again', after);
    const ratio = (share: (typeof shares)[number]) =>
      beside[share] / ((before[share] + after[share]) / 2);
    ratios.push({ p50: ratio('p50'), p95: ratio('p95'), p99: ratio('p99'), worst: ratio('worst') });
    all.push(...done);
  }
  for (const share of shares) {
    const each = ratios.map((ratio) => ratio[share].toFixed(1));
    console.log(`${share} beside the crowd / alone, by round: ${each.join(', ')}`);
  }
  console.log(
    '\n| of the crowd | how they ended (status × people) | last after ms |\n| --- | --- | --- |',
  );
  for (const [kind, description] of Object.entries(descriptions)) {
    const own = all.filter((one) => one.kind === kind);
    const statuses = Object.entries(Object.groupBy(own, ({ status }) => String(status)));
    const ends = statuses.map(([status, list]) => `${status} × ${list?.length}`).join(', ');
    const last = Math.max(...own.map(({ ms }) => ms));
    console.log(`| ${description} | ${ends} | ${last.toFixed(0)} |`);
  }
  console.log(`\nload of the machine in the last minute: ${loadavg()[0]?.toFixed(1)}`);
} finally {
  crowd.end();
  await people.stop();
}

/** Tokens for a service, on as many connections as it takes. */
async function tokens(forSeconds: number): Promise<Measurement> {
  const connections = 128;
  const requester = await createRawRequester(people.server.url, connections);
  const free = Array.from({ length: connections }, (_, connection) => connection);
  const request = formRequest('/token', 'job', { grant_type: 'client_credentials' });
  const step = async () => {
    const connection = free.shift();
    if (connection === undefined) return false;
    const { status } = await requester.send(connection, request);
    free.push(connection);
    return status === 200;
  };
  const measurement = await measureAtRate({ rate, seconds: forSeconds, step });
  requester.close();
  return measurement;
}

function startCrowd({ issuer, mails }: People) {
  const child = fork(fileURLToPath(new URL('./crowd.ts', import.meta.url)));
  const told = (message: ToCrowd) => child.send(message);
  const end = () => child.kill();
  process.once('exit', end);
  child.on('message', async (message: FromCrowd) => {
    if (!('linkFor' in message)) return;
    const address = message.linkFor;
    told({ address, link: await mails.linkFor(address) });
  });
  const next = async (signal?: AbortSignal): Promise<FromCrowd> => {
    for (;;) {
      const [message] = await once(child, 'message', signal && { signal });
      if (!('linkFor' in message)) return message;
    }
  };
  return {
    end,
    async prepare(round: number): Promise<void> {
      told({ prepare: { issuer, count, round } });
      await next(AbortSignal.timeout(preparedWithinMs));
    },
    async go(): Promise<Done> {
      told({ go: true });
      const message = await next(AbortSignal.timeout(60_000));
      return 'done' in message ? message.done : [];
    },
  };
}
