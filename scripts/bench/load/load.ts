/**
 * What a server is sent, and how it is measured: some loads are the same requests over and over, others cannot
 * be, because a code is redeemed once and a refresh token has a successor.
 */
import type { Measurement } from '../../../harness/load.ts';
import { createRawRequester } from '../../../harness/raw_requester.ts';
import type { RunningServer } from '../servers/running_server.ts';
import { createSteppedLoad } from './steps.ts';
import { hasWrk, loadWithWrk } from './wrk.ts';

/** Each request as its bytes (request.ts). `shows`: a part of the body of every answer that is right. */
export type Load = { shows: string } & (
  | { repeat: readonly string[] }
  | { once: readonly string[] }
  /** One for each connection, and what comes after an answer with this body. */
  | { chain: readonly string[]; next: (body: string) => string }
);

export type LoadResult = Measurement & {
  /** Processor time of the whole server, ms a request. */
  cpu: number;
  /** Of the largest process that serves, at the end, MB. */
  memory: number;
};

export const connections = 16;
/** Of what is sent only once, so much warms the server up. */
const warmUpShare = 0.25;

/** Warms the server up, then measures for so many seconds; less, where what is sent once is used up. */
export async function runLoad(
  server: RunningServer,
  load: Load,
  seconds: number,
): Promise<LoadResult> {
  const warmUp = Math.max(1, Math.floor(seconds / 3));
  const { measurement, cpu } =
    'repeat' in load && hasWrk
      ? await repeatWithWrk(server, load, warmUp, seconds)
      : await runSteps(server, load, warmUp, seconds);
  return { ...measurement, cpu, memory: Math.max(...server.memory()) };
}

export type RepeatedLoad = Extract<Load, { repeat: readonly string[] }>;

/** wrk looks at the status only, so an answer is read before and after. */
async function repeatWithWrk(
  server: RunningServer,
  { repeat, shows }: RepeatedLoad,
  warmUp: number,
  seconds: number,
) {
  const run = (length: number) => loadWithWrk(server.url, repeat, { connections, seconds: length });
  await verify(server, repeat[0] ?? '', shows);
  await run(warmUp);
  const measured = await costOf(server, () => run(seconds));
  await verify(server, repeat[0] ?? '', shows);
  return measured;
}

async function runSteps(server: RunningServer, load: Load, warmUp: number, seconds: number) {
  const steps = await createSteppedLoad(server.url, load);
  await steps.run({ seconds: warmUp, usedUp: warmUpShare });
  const measured = await costOf(server, () => steps.run({ seconds, usedUp: 1 }));
  steps.close();
  return measured;
}

async function costOf(server: RunningServer, run: () => Promise<Measurement>) {
  const before = server.cpuTime();
  const measurement = await run();
  return { measurement, cpu: (server.cpuTime() - before) / measurement.requests };
}

async function verify({ url }: RunningServer, request: string, shows: string): Promise<void> {
  const requester = await createRawRequester(url, 1);
  const { status, body } = await requester.send(0, request);
  requester.close();
  if (status !== 200 || !body.includes(shows)) throw new Error(`answered ${status}: ${body}`);
}
