/**
 * A typed client of the admin API. What an operation takes and answers follows from its schemas (`getClient` of
 * src/admin); an operation that is only known by method and path takes and answers anything.
 */
import type { z } from 'zod';
import type { AnyOperation } from '../admin/room.ts';
import { problemIn, unreachable } from './problems.ts';

type Called = Pick<AnyOperation, 'method' | 'path'>;

type Input<O, Part extends string> = O extends { [part in Part]: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : unknown;

type Result<O> = O extends { result: infer Schema extends z.ZodType } ? z.input<Schema> : unknown;

export type AdminRequest<O> = {
  /** Of the path, as they are: they are encoded here. */
  params?: Input<O, 'params'> | undefined;
  query?: Input<O, 'query'> | undefined;
  body?: Input<O, 'body'> | undefined;
  /** Why, for the audit trail. */
  reason?: string | undefined;
  ifMatch?: string | undefined;
  /** Only where the object does not exist yet: If-None-Match: *. */
  mustBeNew?: boolean | undefined;
  idempotencyKey?: string | undefined;
};

type AdminResponse<Body> = { status: number; etag: string | undefined; body: Body };

/** What a dry run answers in place of the result. */
type DryRun = { dry_run: true; changes: readonly object[] };

/** Each throws AdminApiError. */
export type AdminClient = {
  call<O extends Called>(
    operation: O,
    request?: AdminRequest<O>,
  ): Promise<AdminResponse<Result<O>>>;
  /** Checks the request like the real one; what would change is the answer. */
  rehearse<O extends Called>(
    operation: O,
    request?: AdminRequest<O>,
  ): Promise<AdminResponse<DryRun>>;
  /** Each page of a list, from the one that the query says on. */
  pages<O extends Called>(operation: O, request?: AdminRequest<O>): AsyncIterable<Result<O>>;
};

/** Milliseconds; the server promises a response within five seconds. */
const timeLimit = 30_000;

/** `credential`: an access token or API key for urn:cardea:admin. `issuer`: without a slash at the end. */
export function createAdminClient({
  issuer,
  credential,
}: {
  issuer: string;
  credential: string;
}): AdminClient {
  const base = `${issuer}/admin/v1`;

  const send = async (
    { method, path }: Called,
    request: AdminRequest<unknown>,
    extra: Record<string, string> = {},
  ): Promise<AdminResponse<unknown>> => {
    const { params, query, body, reason, ifMatch, mustBeNew, idempotencyKey } = request;
    const given = { ...(query as object), ...(reason !== undefined && { reason }), ...extra };
    const url = `${base}${pathWith(path, params)}${queryOf(given)}`;
    const response = await fetch(url, {
      method,
      // Nobody else gets the credential.
      redirect: 'error',
      signal: AbortSignal.timeout(timeLimit),
      headers: {
        authorization: `Bearer ${credential}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(mustBeNew && { 'if-none-match': '*' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw unreachable(issuer, error);
    });
    const text = await response.text();
    if (!response.ok) throw problemIn(response, text);
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? undefined,
      body: text === '' ? undefined : isJson ? JSON.parse(text) : text,
    };
  };

  return {
    call: (operation, request = {}) => send(operation, request) as never,
    rehearse: (operation, request = {}) => send(operation, request, { dry_run: 'true' }) as never,
    async *pages(operation, request = {}) {
      let after: string | null = null;
      do {
        const extra: Record<string, string> = after === null ? {} : { after };
        const { body } = await send(operation, request, extra);
        yield body as never;
        after = (body as { next: string | null }).next;
      } while (after !== null);
    },
  };
}

function pathWith(path: string, params: unknown): string {
  const given = (params ?? {}) as Record<string, string>;
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(given[name] ?? ''));
}

function queryOf(members: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size > 0 ? `?${query}` : '';
}
