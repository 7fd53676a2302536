/**
 * Far more requests than a key's limit allows, through both nodes as fast as they go: within a minute of the
 * clock, and over the turn of one. Each takes less than 60 seconds, so the limit may pass, and not one more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRawRequester } from '../../../harness/raw_requester.ts';
import { asOrders, freePerMinute as limit } from './configuration.ts';
import type { Row } from './report.ts';
import type { Stage } from './stage.ts';

const minuteMs = 60_000;
const connectionsOfNode = 16;
/** How many fewer may pass. In percent. */
const tolerated = 5;
/** What a flood within one minute may take. */
const spareMs = 25_000;
/** The other flood begins so long before the turn, or it would be over by then. */
const mostBeforeTurnMs = 1500;

type Flood = {
  passed: number;
  /** From the first turn of a minute to the end. Milliseconds; 0: it was not reached. */
  beyondMs: number;
  lastedMs: number;
  odd: string[];
};

export async function floodLimit(stage: Stage, requests: number): Promise<Row[]> {
  const keys = [await stage.newKey('--tier', 'free'), await stage.newKey('--tier', 'free')];
  const [one = '', other = ''] = keys.map(({ key }) => key);
  if (sinceTurn() > minuteMs - spareMs) await untilSinceTurn(0);
  const within = await flood(stage, one, requests);
  await untilSinceTurn(minuteMs - Math.min(within.lastedMs / 2, mostBeforeTurnMs));
  const across = await flood(stage, other, requests);
  const first = rowOf(`${requests} requests against ${limit} a minute, two nodes`, within);
  const second = rowOf('the same over the turn of a minute', across);
  return [first, { ...second, isGood: second.isGood && across.beyondMs > 0 }];
}

/** Only answers that are `valid` count as passed, and no refusal is for any reason but the limit. */
async function flood({ nodes }: Stage, key: string, requests: number): Promise<Flood> {
  const requesters = await Promise.all(
    nodes.map(({ url }) => createRawRequester(url, connectionsOfNode)),
  );
  const headers = `Authorization: ${asOrders()}\r\nContent-Type: application/json`;
  const body = JSON.stringify({ key });
  const odd: string[] = [];
  let sent = 0;
  let passed = 0;
  const startedAt = Date.now();
  const turn = Math.ceil(startedAt / minuteMs) * minuteMs;
  const lanes = requesters.flatMap((requester) =>
    Array.from({ length: connectionsOfNode }, async (_, connection) => {
      while (sent < requests) {
        sent += 1;
        const answer = await requester.post(connection, '/api-keys/verify', headers, body);
        if (answer.body.startsWith('{"valid":true')) {
          passed += 1;
        } else if (!answer.body.includes('"reason":"rate_limited"')) odd.push(answer.body);
      }
    }),
  );
  await Promise.all(lanes);
  for (const requester of requesters) requester.close();
  const endedAt = Date.now();
  const beyondMs = Math.max(0, endedAt - turn);
  return { passed, beyondMs, lastedMs: endedAt - startedAt, odd };
}

function rowOf(what: string, { passed, beyondMs, lastedMs, odd }: Flood): Row {
  const percent = (passed * 100) / limit;
  const beyond = beyondMs > 0 ? ` (${(beyondMs / 1000).toFixed(1)} s of them after it)` : '';
  return {
    must: `${what}: ${limit} pass, at most ${tolerated} % fewer, never more`,
    seen:
      `${passed} passed in ${(lastedMs / 1000).toFixed(1)} s${beyond}, ${percent.toFixed(1)} %` +
      `${odd.length > 0 ? `; other answers: ${odd.length}, such as ${odd[0]}` : ''}`,
    isGood: percent <= 100 && percent >= 100 - tolerated && lastedMs < minuteMs && odd.length === 0,
  };
}

function sinceTurn(): number {
  return Date.now() % minuteMs;
}

/** Waits until the clock is so many milliseconds into a minute. */
async function untilSinceTurn(ms: number): Promise<void> {
  await sleep((ms - sinceTurn() + minuteMs) % minuteMs);
}
