/**
 * The admin API over HTTP: one route for each operation, and the description of all of them.
 */
import { CardeaError } from '../errors.ts';
import { type Handler, jsonAnswer } from '../http/answer.ts';
import { readBytes, readJson } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import { ownAddress } from '../net/client_address.ts';
import type { RequireProof } from '../oidc/room.ts';
import type { Authenticate } from './authentication.ts';
import { challengeFor } from './challenge.ts';
import type { Invoke } from './invoke.ts';
import description from './openapi.json' with { type: 'json' };
import type { AnyOperation } from './operation.ts';

export type AdminRoutes = {
  /** Answers one operation of the table. */
  serve: (operation: AnyOperation) => Handler;
  /** The OpenAPI description of all of them. Anybody may read it. */
  description: Handler;
};

const described = JSON.stringify(description);

export function createAdminRoutes({
  authenticate,
  requireProof,
  invoke,
  basePath,
}: {
  authenticate: Authenticate;
  requireProof: RequireProof;
  invoke: Invoke;
  /** The issuer's path without a trailing slash. */
  basePath: string;
}): AdminRoutes {
  const serve: AdminRoutes['serve'] = (operation) => async (request) => {
    const { address, requestId, logFields, match } = requestState(request);
    const { headers: sent } = request.req;
    const caller = await authenticate({
      authorization: request.get('Authorization'),
      ip: ownAddress(address),
      requestId,
      prove: (token) => requireProof(request, token),
    }).catch((error: unknown) => {
      if (error instanceof CardeaError && error.status === 401) {
        request.set({ 'www-authenticate': challengeFor(error.code) });
      }
      throw error;
    });
    logFields.actor = `${caller.kind}:${caller.id}`;
    const response = await invoke(
      operation,
      {
        params: decoded(match.params),
        query: singleValues(request.querystring),
        body: await bodyOf(request),
        ifMatch: sent['if-match'],
        ifNoneMatch: operation.method === 'GET' ? undefined : sent['if-none-match'],
        idempotencyKey: sent['idempotency-key'] as string | undefined,
      },
      caller,
    );
    const { status, body } = response;
    const { location, ...others } = response.headers;
    const headers = {
      ...others,
      ...(location !== undefined && { location: `${basePath}/admin/v1${location}` }),
    };
    if (isUnchanged(operation, request.get('If-None-Match'), others.etag)) {
      return { status: 304, headers };
    }
    if (body === undefined) return { status, headers };
    // A text has its media type among the headers.
    if (typeof body === 'string') return { status, headers, body };
    return jsonAnswer(status, body as object, headers);
  };

  return {
    serve,
    description: async () => ({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' },
      body: described,
    }),
  };
}

function isUnchanged({ method }: AnyOperation, ifNoneMatch: string, etag: string | undefined) {
  if (method !== 'GET' || etag === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim() === etag);
}

/** Undefined where the request has no body. */
async function bodyOf(request: Parameters<Handler>[0]): Promise<unknown> {
  const bytes = await readBytes(request);
  return bytes.length === 0 ? undefined : readJson(request);
}

function decoded(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
}

/** Throws CardeaError (400) for a member that comes twice. */
function singleValues(querystring: string): Record<string, string> {
  const query = new URLSearchParams(querystring);
  const values = Object.fromEntries(query);
  if (Object.keys(values).length !== query.size) throw givenTwice();
  return values;
}

function givenTwice(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'A query parameter is given twice.',
  });
}
