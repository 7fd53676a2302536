/**
 * Load from this process, over plain sockets: for requests that depend on answers, or that work only once, and
 * where wrk is missing.
 */
import { type Measurement, measure } from '../../../harness/load.ts';
import { createRawRequester, type RawRequester } from '../../../harness/raw_requester.ts';
import { type Load, connections as loadConnections } from './load.ts';

/** `until`: seconds, and how much of what is sent only once may be used up (0 to 1). */
type Until = { seconds: number; usedUp: number };

export type SteppedLoad = {
  run(until: Until): Promise<Measurement>;
  close(): void;
};

export async function createSteppedLoad(url: string, load: Load): Promise<SteppedLoad> {
  const connections = 'chain' in load ? load.chain.length : loadConnections;
  const requester = await createRawRequester(url, connections);
  const { step, usedUp } = stepsOf(load, requester);
  return {
    run: (until) =>
      measure({
        connections,
        step,
        until: (_requests, ms) => ms >= until.seconds * 1000 || usedUp() >= until.usedUp,
      }),
    close: requester.close,
  };
}

function stepsOf(load: Load, requester: RawRequester) {
  const send = async (connection: number, request = '') => {
    const { status, body } = await requester.send(connection, request);
    return status === 200 && body.includes(load.shows) ? body : undefined;
  };
  const succeeds = async (connection: number, request?: string) =>
    (await send(connection, request)) !== undefined;
  let turn = 0;

  if ('repeat' in load) {
    const { repeat } = load;
    const step = (connection: number) => succeeds(connection, repeat[turn++ % repeat.length]);
    return { step, usedUp: () => 0 };
  }
  if ('once' in load) {
    const { once } = load;
    const step = (connection: number) => succeeds(connection, once[turn++]);
    return { step, usedUp: () => turn / once.length };
  }
  const current = [...load.chain];
  const step = async (connection: number) => {
    const body = await send(connection, current[connection]);
    if (body !== undefined) current[connection] = load.next(body);
    return body !== undefined;
  };
  return { step, usedUp: () => 0 };
}
