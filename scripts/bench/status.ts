/**
 * What a token's bit costs whoever issues: client credentials with status lists against the same server
 * without, in turns, so that a noisy machine disturbs both alike.
 */
import { clientCredentials } from './flows.ts';
import { type RunningServer, startCardea } from './servers.ts';

type Side = { server: RunningServer; rates: number[]; requests: number; cpuMs: number };

export type StatusCost = {
  /** Tokens a second, each turn. */
  on: number[];
  off: number[];
  /** Of all turns: the rate with status lists as a share of the rate without. */
  ratio: number;
  /** Processor time of the server, microseconds a token. */
  cpuOn: number;
  cpuOff: number;
};

export async function measureStatusCost({
  store,
  workers,
  seconds,
  turns,
}: {
  store: string;
  workers: number;
  /** Of each turn. */
  seconds: number;
  turns: number;
}): Promise<StatusCost> {
  const side = async (preload?: string): Promise<Side> => ({
    server: await startCardea({ store, workers, ...(preload && { preload }) }),
    rates: [],
    requests: 0,
    cpuMs: 0,
  });
  const on = await side();
  const off = await side(import.meta.resolve('./without_status.ts'));

  for (let turn = 0; turn < turns; turn += 1) {
    // Whoever is first in one turn is second in the next.
    for (const which of turn % 2 === 0 ? [on, off] : [off, on]) await runTurn(which, seconds);
  }
  await Promise.all([on.server.stop(), off.server.stop()]);
  return {
    on: on.rates,
    off: off.rates,
    ratio: sum(on.rates) / sum(off.rates),
    cpuOn: (on.cpuMs * 1000) / on.requests,
    cpuOff: (off.cpuMs * 1000) / off.requests,
  };
}

async function runTurn(side: Side, seconds: number): Promise<void> {
  const before = side.server.cpuTime();
  const { rate, requests, warmUp } = await clientCredentials(side.server.url, { seconds });
  side.cpuMs += side.server.cpuTime() - before;
  side.requests += requests + warmUp;
  side.rates.push(rate);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
