/**
 * What an operation of the admin API is. One table of them (table.ts) yields the routes, permissions, validation, the
 * OpenAPI description, the console's calls and the tests, so an operation is described here and nowhere else.
 */
import type { z } from 'zod';
import type { ChangeContext } from '../audit/room.ts';
import type { AdminScope } from '../definitions/admin_scopes.ts';
import type { AuditEventType } from '../definitions/events.ts';
import type { AdminCaller } from './caller.ts';
import type { AdminServices } from './services.ts';

type OperationMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What is given to an operation, parsed. */
export type Call<Params, Query, Body> = {
  params: Params;
  query: Query;
  body: Body;
  caller: AdminCaller;
  /** For the services that make the change: who, why, and based on which version. */
  by: ChangeContext;
  /** Where If-None-Match is `*`: the object must not exist yet, and is created. */
  mustBeNew: boolean;
  services: AdminServices;
  /** Milliseconds since the epoch. */
  now: number;
};

export type Outcome<Result> = {
  /** Undefined where the response has no body. */
  result: Result;
  /** Of the object in the result: its ETag. */
  version?: number | undefined;
  /** Of a text; default: the operation's first. */
  mediaType?: string | undefined;
  /** It was created: 201 with the object's path below `/admin/v1`. */
  createdAt?: string | undefined;
};

/** The parts of an operation that its users see. */
export type OperationFacts = {
  /** `listClients`; the operationId of its description. Stable. */
  id: string;
  method: OperationMethod;
  /** Below `/admin/v1`, with parameters in braces: `/clients/{client_id}`. */
  path: `/${string}`;
  /** What it is about: `Clients`. */
  tag: string;
  summary: string;
  description?: string | undefined;
  /** What the caller needs. */
  scope: AdminScope;
  /** What the caller needs besides. */
  furtherScopes?: readonly AdminScope[] | undefined;
  /** Of its responses, where they are not JSON but text. */
  mediaTypes?: readonly [string, ...string[]] | undefined;
  /** Codes of its errors besides those of every operation. */
  errors?: readonly string[] | undefined;
  /** What it puts on record. */
  events?: readonly AuditEventType[] | undefined;
  /** Bytes that the body of a request may have, where it is more than usual. */
  bodyLimit?: number | undefined;
  /** It changes an object with a version: the request needs If-Match. */
  versioned?: boolean | undefined;
  /**
   * It creates an object, and answers 201 with its address. A PUT does so where If-None-Match is `*`: the request needs
   * that or If-Match.
   */
  creates?: boolean | undefined;
  /** It creates something: a repeated request with the same Idempotency-Key has the same response. */
  idempotent?: boolean | undefined;
  /** It does more than its caller may want to undo: the console asks the person to sign in again. */
  sensitive?: boolean | undefined;
};

type OperationSchemas<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
> = {
  /** Of the path, each a text. */
  params: Params;
  /** Of the query, without `dry_run`. */
  query: Query;
  body: Body;
  result: Result;
};

export type Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> = OperationFacts &
  OperationSchemas<Params, Query, Body, Result> & {
    /** Throws CardeaError. */
    run(
      call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
    ): Promise<Outcome<z.input<Result>>>;
  };

/** Keeps the types of an operation's parts together. Parts that are not given take nothing. */
export function operation<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
>(definition: Operation<Params, Query, Body, Result>): Operation<Params, Query, Body, Result> {
  return definition;
}

/** An operation of any types, as a table holds it. */
// biome-ignore lint/suspicious/noExplicitAny: the table's users parse before they run
export type AnyOperation = Operation<any, any, any, any>;

/** All that the caller needs. */
export function scopesOf({
  scope,
  furtherScopes = [],
}: Pick<OperationFacts, 'scope' | 'furtherScopes'>): readonly AdminScope[] {
  return [scope, ...furtherScopes];
}

/** Whether it changes anything. */
export function isWrite({ method }: Pick<OperationFacts, 'method'>): boolean {
  return method !== 'GET';
}
