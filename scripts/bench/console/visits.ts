/**
 * Somebody who opens pages of the console, and how long the server took for each: as its log says.
 */

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { answerPage } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { user } from '../declaration.ts';

export type Visitor = {
  /** Milliseconds of server time; infinite where it gave up. Throws for anything else that is no page. */
  visit(address: string): Promise<number>;
};

/** Of a server, by the request's id. */
export type RequestTimes = { of(requestId: string): Promise<number> };

/** Reads a log of Cardea, line by line. */
export function requestTimesIn(log: Readable): RequestTimes {
  const known = new Map<string, number>();
  const waiting = new Map<string, (ms: number) => void>();
  createInterface(log).on('line', (line) => {
    if (!line.includes('"duration_ms"')) return;
    const { request_id: id, duration_ms: ms } = JSON.parse(line);
    const resolve = waiting.get(id);
    waiting.delete(id);
    if (resolve) resolve(ms);
    else known.set(id, ms);
  });
  return {
    of(requestId) {
      const ms = known.get(requestId);
      known.delete(requestId);
      if (ms !== undefined) return Promise.resolve(ms);
      return new Promise((resolve) => waiting.set(requestId, resolve));
    },
  };
}

/** Signs in to the console, as any operator does. */
export async function createVisitor(url: string, times: RequestTimes): Promise<Visitor> {
  const agent = createUserAgent();
  const open = (address: string) => agent.open(`${url}/console${address}`);
  await signIn(agent, url);
  return {
    async visit(address) {
      const { status, headers, html } = await open(address);
      const ms = await times.of(headers.get('x-request-id') ?? '');
      if (status === 503) return Number.POSITIVE_INFINITY;
      if (status !== 200 || !html.includes('</html>')) {
        throw new Error(`${status} at ${address}: ${html.slice(0, 2000)}`);
      }
      return ms;
    },
  };
}

async function signIn(agent: UserAgent, url: string): Promise<void> {
  let page = await agent.open(`${url}/console`);
  while (!new URL(page.url).pathname.includes('/console')) {
    page = await answerPage(agent, page, 'nowhere:', { person: user });
  }
}
