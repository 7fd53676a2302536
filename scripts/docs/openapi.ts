/**
 * The description of the admin API (OpenAPI 3.1), from its table of operations.
 */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import {
  type AnyOperation,
  etagNotation,
  operations,
  scopesOf,
  writeOptions,
} from '../../src/admin/room.ts';
import { adminApi, adminScopes } from '../../src/definitions/admin_scopes.ts';
import { serverLimits } from '../../src/definitions/limits.ts';
import { idempotencyKeyNotation } from '../../src/idempotency.ts';
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

const unreadable = z
  .object({ error: z.string(), error_description: z.string() })
  .meta({ id: 'Unreadable', description: 'An error in the form of OAuth.' });

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

/** Of the media type, not of the text: YAML is of the same data model as JSON. */
const yaml = {
  type: 'object' as const,
  description: 'A part of a declarative file. Its schema: `cardea config schema`.',
};

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
          description: `An access token or API key for ${adminApi}. A token that is bound to a key (RFC 9449) is sent as \`DPoP\`, with a proof. Its scopes: ${Object.entries(
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
  const { events, errors, sensitive } = operation;
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
    ...(errors && { 'x-error-codes': errors }),
    ...(sensitive && { 'x-sensitive': true }),
  };
}

function headersOf(operation: AnyOperation) {
  const { versioned, idempotent } = operation;
  const ifMatch = z
    .string()
    .regex(/^(\*|"[0-9]{1,15}")$/)
    .describe('The ETag of the object as it was read, or `*` for any version.');
  return {
    'If-Match': versioned && !createsAlso(operation) ? ifMatch : ifMatch.optional(),
    ...(createsAlso(operation) && {
      'If-None-Match': z
        .literal('*')
        .optional()
        .describe('Creates the object. The request needs either this or `If-Match`.'),
    }),
    ...(idempotent && {
      'Idempotency-Key': z
        .string()
        .regex(idempotencyKeyNotation)
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

function responsesOf(operation: AnyOperation): ZodOpenApiResponsesObject {
  const { method, versioned, idempotent } = operation;
  const { bodyLimit = serverLimits.requestBody } = operation;
  const failure = (text: string) => ({
    description: text,
    content: { 'application/problem+json': { schema: problem } },
  });
  const isWrite = method !== 'GET';
  const orNone = createsAlso(operation) ? ', and If-None-Match as well' : '';
  return {
    ...successesOf(operation),
    '400': failure('The request is malformed, or a member is wrong: `errors` says which.'),
    '401': failure('No credential, or none that is valid here.'),
    '403': failure('The credential lacks the scope, or the role does.'),
    '404': failure('There is no such object.'),
    ...(isWrite && { '409': failure('The change conflicts with what is stored.') }),
    ...(isWrite && { '412': failure('The object has another version.') }),
    ...(takesBody(operation) && {
      '413': failure(`The body is larger than ${bodyLimit / 1024} KiB.`),
      '415': failure('The body is not JSON in UTF-8.'),
    }),
    '414': {
      ...failure('The address is too long.'),
      content: {
        'application/problem+json': { schema: problem },
        // One that is not even read is answered before it is known what it is the address of.
        'application/json': { schema: unreadable },
      },
    },
    ...(idempotent && { '422': failure('The Idempotency-Key was used for another request.') }),
    ...(versioned && { '428': failure(`If-Match is missing${orNone}.`) }),
    '429': failure('Too many requests with this credential.'),
    '503': failure('The store does not answer, or too much waits.'),
  };
}

/** A dry run is always answered with 200. */
function successesOf(operation: AnyOperation): ZodOpenApiResponsesObject {
  const { method, result, creates, mediaTypes = ['application/json'] } = operation;
  const headers = { ETag: header('Its version, where it has one.', etagNotation.source) };
  const done = (schema: z.ZodType | typeof yaml) => ({
    ...{ description: 'Done.', headers },
    content: Object.fromEntries(mediaTypes.map((type) => [type, { schema }])),
  });
  const rehearsed = {
    description: 'A dry run.',
    content: { 'application/json': { schema: dryRun } },
  };
  if (mediaTypes.includes('text/yaml')) return { '200': done(yaml) };
  if (method === 'GET') return { '200': done(result) };
  if (result instanceof z.ZodUndefined) {
    return { '200': rehearsed, '204': { description: 'Done.' } };
  }
  const created = {
    ...done(result),
    description: 'Created.',
    headers: { ...headers, Location: { ...header('Where it is.'), required: true } },
  };
  if (method === 'POST' && creates) return { '200': rehearsed, '201': created };
  return { '200': done(z.union([result, dryRun])), ...(creates && { '201': created }) };
}

/** A PUT that takes If-None-Match instead of If-Match. */
function createsAlso({ method, creates }: AnyOperation): boolean {
  return method === 'PUT' && creates === true;
}

function header(description: string, pattern?: string) {
  return { schema: { type: 'string' as const, ...(pattern && { pattern }) }, description };
}
