/**
 * A token that is ready only after its request was answered 503.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HandledRequest } from '../../src/http/answer.ts';
import type { ProgramRequests } from '../../src/oidc/programs/program_requests.ts';
import { createTokenEndpoint } from '../../src/oidc/programs/token_endpoint.ts';

const issued = {
  token: { jti: 'jti' },
  scope: undefined,
  audience: 'https://api.example',
  body: {},
};

function endpoint() {
  const records: string[] = [];
  const programs: Partial<ProgramRequests> = {
    receive: (_request, _route, serve) => serve({ grant_type: 'client_credentials' }),
  };
  const handler = createTokenEndpoint({
    programs: programs as ProgramRequests,
    grants: { client_credentials: (_request, _body, answer) => answer(issued) },
    apis: { canonical: (name) => name },
    audit: { recordSoon: async ({ type }) => void records.push(type) },
    metrics: { countToken: () => void records.push('counted') },
    noteUse: () => {},
  });
  return { handler, records };
}

function requestThat(state: { over?: boolean }): HandledRequest {
  return { state: { requestId: 'id', address: { ip: '192.0.2.1' }, ...state } } as HandledRequest;
}

describe('Tokens that come too late', () => {
  test('A token is counted and on record before it is answered', async () => {
    const { handler, records } = endpoint();
    assert.equal((await handler(requestThat({})))?.status, 200);
    assert.deepEqual(records, ['counted', 'token.issued']);
  });
  test('A token whose request was answered 503 meanwhile is neither counted nor on record', async () => {
    const { handler, records } = endpoint();
    await assert.rejects(handler(requestThat({ over: true })), /after its answer/);
    assert.deepEqual(records, []);
  });
});
