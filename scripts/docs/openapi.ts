/**
 * The description of the admin API (OpenAPI 3.1), from its table of operations.
 */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { type AnyOperation, operations, scopesOf, writeOptions } from '../../src/admin/room.ts';
import { adminApi, adminScopes } from '../../src/definitions/admin_scopes.ts';
import { version } from '../../src/version.ts';

const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable, for programs.'),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe('What is wrong with which member, by JSON pointer.'),
    request_id: z.string(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

const dryRun = z
  .object({
    dry_run: z.literal(true),
    changes: z.array(
      z.object({
        event: z.string(),
        target: z.object({ kind: z.string(), id: z.string() }).optional(),
        before: z.record(z.string(), z.unknown()).optional(),
        after: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  })
  .meta({ id: 'DryRun', description: 'What `dry_run=true` answers: what would change.' });

export function renderOpenApi(): string {
  const paths: ZodOpenApiPathsObject = {};
  for (const [path, group] of Map.groupBy(operations, ({ path }) => path)) {
    paths[path] = Object.fromEntries(
      group.map((operation) => [operation.method.toLowerCase(), describe(operation)]),
    );
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Cardea admin API',
      version,
      description:
        'What operators look after: clients, APIs, users, keys, revocations, the audit trail. Every write takes `dry_run=true`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/admin/v1', description: 'Below the issuer.' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ bearer: [] }],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: `An access token or API key for ${adminApi}. Its scopes: ${Object.entries(
            adminScopes,
          )
            .map(([scope, { en }]) => `\`${scope}\` (${en})`)
            .join(', ')}.`,
        },
      },
    },
    paths,
  });
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function describe(operation: AnyOperation): ZodOpenApiOperationObject {
  const { id, method, tag, summary, description, params, query, body } = operation;
  const { events, sensitive } = operation;
  const isWrite = method !== 'GET';
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: [{ bearer: [...scopesOf(operation)] }],
    requestParams: {
      path: params,
      query: isWrite ? query.extend(writeOptions.shape) : query,
      ...(isWrite && { header: z.object(headersOf(operation)) }),
    },
    ...(takesBody(operation) && {
      requestBody: { required: true, content: { [mediaType(method)]: { schema: body } } },
    }),
    responses: responsesOf(operation),
    ...(events && { 'x-audit-events': events }),
    ...(sensitive && { 'x-sensitive': true }),
  };
}

function headersOf({ versioned, idempotent }: AnyOperation) {
  const ifMatch = z
    .string()
    .describe('The ETag of the object as it was read, or `*` for any version.');
  return {
    'If-Match': versioned ? ifMatch : ifMatch.optional(),
    ...(idempotent && {
      'Idempotency-Key': z
        .string()
        .max(255)
        .optional()
        .describe('A repeated request with the same key has the same response, for ten minutes.'),
    }),
  };
}

function takesBody({ method, body }: AnyOperation): boolean {
  if (method === 'GET') return false;
  return !(body instanceof z.ZodObject) || Object.keys(body.shape).length > 0;
}

function mediaType(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

function responsesOf(operation: AnyOperation): ZodOpenApiOperationObject['responses'] {
  const { method, result, versioned, idempotent, errors = [] } = operation;
  const { mediaTypes = ['application/json'] } = operation;
  const isEmpty = result instanceof z.ZodUndefined;
  const headers = { ETag: { schema: { type: 'string' as const }, description: 'Its version.' } };
  const success = isEmpty
    ? { description: 'Done.' }
    : {
        ...{ description: 'Done.', headers },
        content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: result }])),
      };
  const failure = (text: string) => ({
    description: text,
    content: { 'application/problem+json': { schema: problem } },
  });
  const isWrite = method !== 'GET';
  return {
    ...(isWrite && isEmpty
      ? { '204': success, '200': dryRunResponse() }
      : { '200': isWrite ? orDryRun(success, result) : success }),
    ...(createsOf(operation) && { '201': { ...success, description: 'Created.' } }),
    '400': failure('The request is malformed, or a member is wrong: `errors` says which.'),
    '401': failure('No credential, or none that is valid here.'),
    '403': failure('The credential lacks the scope, or the role does.'),
    '404': failure('There is no such object.'),
    ...(isWrite && { '409': failure(conflictText(errors)) }),
    ...(isWrite && { '412': failure('The object has another version.') }),
    ...(idempotent && { '422': failure('The Idempotency-Key was used for another request.') }),
    ...(versioned && { '428': failure('If-Match is missing.') }),
    '429': failure('Too many requests with this credential.'),
    '503': failure('The store does not answer, or too much waits.'),
  };
}

function createsOf({ id }: AnyOperation): boolean {
  return /^(create|put)/.test(id);
}

function conflictText(errors: readonly string[]): string {
  const codes = errors.map((code) => `\`${code}\``).join(', ');
  return `The change conflicts with what is stored${codes && `: ${codes}`}.`;
}

function dryRunResponse() {
  return { description: 'A dry run.', content: { 'application/json': { schema: dryRun } } };
}

function orDryRun(success: { description: string }, result: z.ZodType) {
  return { ...success, content: { 'application/json': { schema: z.union([result, dryRun]) } } };
}
