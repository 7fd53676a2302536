/**
 * How an operation is called, whoever calls it: HTTP, the console or a test. It owns the order of the steps, so that no
 * way in can leave one out: permission, validation, precondition, repetition, dry run, the operation itself.
 */
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import { requireIdempotencyKey } from '../idempotency.ts';
import { parseFields } from '../input_check.ts';
import { type AdminCaller, actorOf } from './caller.ts';
import { type AnyOperation, isWrite, type Operation, type Outcome } from './operation.ts';
import type { Permit } from './permission.ts';
import { etagOf, readPrecondition } from './preconditions.ts';
import type { RepeatedRequests } from './repeated_requests.ts';
import type { AdminServices, Rehearsal } from './services.ts';
import { writeOptions } from './write_options.ts';

/** As it was sent, not yet checked. */
type AdminRequest = {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  /** Undefined: there is none. */
  body?: unknown;
  /** Header fields; absent: not sent. */
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
  idempotencyKey?: string | undefined;
};

export type AdminResponse<Body = unknown> = {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Body;
};

export type Invoke = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
>(
  operation: Operation<Params, Query, Body, Result>,
  request: AdminRequest,
  caller: AdminCaller,
) => Promise<AdminResponse<z.input<Result>>>;

export function createInvoke({
  services,
  rehearse,
  repeated,
  permit,
  clock,
}: {
  services: AdminServices;
  rehearse: () => Promise<Rehearsal>;
  repeated: RepeatedRequests;
  permit: Permit;
  clock: Clock;
}): Invoke {
  return async (operation, request, caller) => {
    await permit(operation, caller);
    const params = parseFields(operation.params, request.params ?? {});
    const { options, members } = splitQuery(operation, request.query ?? {});
    const { dry_run: isDry = false, reason } = options;
    const query = parseFields(operation.query, members);
    const { body: given = isWrite(operation) ? {} : undefined } = request;
    const body = parseFields(operation.body, given);
    const { ifMatch, ifNoneMatch, idempotencyKey } = request;
    const { expectedVersion, mustBeNew } = readPrecondition(
      { ifMatch, ifNoneMatch },
      {
        isRequired: operation.versioned === true,
        createsAlso: operation.method === 'PUT' && operation.creates === true,
      },
    );
    const isRepeatable = operation.idempotent === true && idempotencyKey !== undefined;
    if (isRepeatable) requireIdempotencyKey(idempotencyKey);
    const { ip, requestId } = caller;
    const call = {
      ...{ params, query, body, caller, mustBeNew, now: clock.now() },
      by: {
        ...{ actor: actorOf(caller), ip, requestId, ...(reason && { reason }) },
        expectedVersion,
      },
    };
    if (isDry) return rehearseOperation(operation, rehearse, call) as Promise<AdminResponse<never>>;

    const respond = async () =>
      responseOf(
        operation,
        await operation.run({ ...call, services } as never),
      ) as AdminResponse<never>;
    if (!isRepeatable) return respond();
    const content = [operation.id, request.params, request.query, request.body];
    return repeated.once({ caller: actorOf(caller), idempotencyKey, content }, respond) as Promise<
      AdminResponse<never>
    >;
  };
}

/** What every write takes in its query, apart from its own members. To an operation that reads, all are its own. */
function splitQuery(
  operation: AnyOperation,
  query: Record<string, unknown>,
): { options: z.output<typeof writeOptions>; members: Record<string, unknown> } {
  if (!isWrite(operation)) return { options: {}, members: query };
  const { dry_run, reason, ...members } = query;
  return { options: parseFields(writeOptions, { dry_run, reason }), members };
}

// biome-ignore lint/suspicious/noExplicitAny: parsed by the operation's own schemas
type ParsedCall = any;

/** The operation over a store that takes no writes: what it would have put on record is the answer. */
async function rehearseOperation(
  operation: AnyOperation,
  rehearse: () => Promise<Rehearsal>,
  call: ParsedCall,
): Promise<AdminResponse> {
  const rehearsal = await rehearse();
  try {
    await operation.run({ ...call, services: rehearsal.services });
    const changes = rehearsal
      .events()
      .map(({ type, target, before, after }) => ({ event: type, target, before, after }));
    return { status: 200, headers: {}, body: { dry_run: true, changes } };
  } finally {
    await rehearsal.close();
  }
}

function responseOf(
  { method, mediaTypes }: AnyOperation,
  { result, version, createdAt, mediaType = mediaTypes?.[0] }: Outcome<unknown>,
): AdminResponse<never> {
  const status = createdAt !== undefined ? 201 : result === undefined ? 204 : 200;
  return {
    status,
    headers: {
      'cache-control': method === 'GET' ? 'no-cache' : 'no-store',
      ...(version !== undefined && { etag: etagOf(version) }),
      ...(createdAt !== undefined && { location: createdAt }),
      ...(mediaType !== undefined && { 'content-type': `${mediaType}; charset=utf-8` }),
    },
    body: result as never,
  };
}
