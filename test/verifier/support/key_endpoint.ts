/** `POST /api-keys/verify` of the test issuer: answers about the keys that a test made, and counts their uses. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { randomId } from '../../../src/digests.ts';

type Question = { key: string; ip?: string };
export type TestKey = {
  id: string;
  key: string;
  /** Why it is refused; undefined: it is not. */
  reason: string | undefined;
  /** Uses that are allowed; undefined: no limit. */
  limit: number | undefined;
  used: number;
  /** Addresses that it may be used from; undefined: all. */
  allowed: string[] | undefined;
  answer: Record<string, unknown>;
};

export const apiClient = { client_id: 'orders api', client_secret: 'a secret: of the API' };
const credentials = Buffer.from('orders%20api:a%20secret%3A%20of%20the%20API').toString('base64');

export function createKeyEndpoint() {
  const keys = new Map<string, TestKey>();
  /** What was asked, one entry for each request. */
  const requests: Question[][] = [];
  let instead: ((response: ServerResponse, questions: Question[]) => void) | undefined;
  let before: Promise<void> | undefined;

  const rateLimit = ({ limit, used }: TestKey) =>
    limit === undefined ? null : { limit, remaining: Math.max(0, limit - used), reset: 30 };

  const judge = ({ key, ip }: Question): object => {
    const found = keys.get(key);
    if (!found) return { valid: false, reason: 'unknown' };
    const { reason, allowed, limit } = found;
    if (reason !== undefined) return { valid: false, reason };
    if (allowed && !allowed.includes(ip ?? '')) return { valid: false, reason: 'ip_not_allowed' };
    if (limit !== undefined && found.used >= limit) {
      return { valid: false, reason: 'rate_limited', rate_limit: rateLimit(found) };
    }
    found.used += 1;
    return { valid: true, ...found.answer, rate_limit: rateLimit(found) };
  };

  return {
    requests,
    /** Questions, that is uses that were told, of all requests. */
    told: () => requests.flat().length,
    make(members: Partial<TestKey> = {}, environment: 'live' | 'test' = 'live'): TestKey {
      const id = `key_${randomId()}`;
      const made: TestKey = {
        ...{ id, key: createKey('acme', environment), used: 0 },
        ...{ reason: undefined, limit: undefined, allowed: undefined },
        ...members,
        answer: {
          ...{ key_id: id, api: 'https://orders.example', project: 'project_1', environment },
          ...{ scopes: ['orders:read'], tier: 'free', expires_at: null, metadata: { team: 'a' } },
          ...members.answer,
        },
      };
      keys.set(made.key, made);
      return made;
    },
    /** What comes is answered so. */
    answerInstead(next: typeof instead) {
      instead = next;
    },
    /** No answer before the returned function is called. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      before = promise;
      return () => {
        before = undefined;
        resolve();
      };
    },
    async serve(request: IncomingMessage, response: ServerResponse) {
      let body = '';
      for await (const chunk of request) body += chunk;
      const questions = (JSON.parse(body) as { keys: Question[] }).keys;
      requests.push(questions);
      if (before) await before;
      if (instead) return instead(response, questions);
      const isClient = request.headers.authorization === `Basic ${credentials}`;
      if (request.method !== 'POST' || !isClient || questions.length > 100) {
        return void response.writeHead(401).end('{}');
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ results: questions.map(judge) }));
    },
  };
}
