/**
 * Reading a request's body, for our own routes: bounded, once, of the one type that a route takes.
 * What the fields mean, and that none is given twice, is the routes' business.
 */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { CardeaError } from '../errors.ts';
import { deeperThan } from './json_depth.ts';
import { bodyTooLarge, maxBodyBytes } from './request_limits.ts';

type BodyContext = Pick<Context, 'req' | 'request'>;

/** More fields than any request has; parsing and checking them stays cheap. */
const maxFields = 500;
const maxJsonDepth = 32;

/**
 * An `application/x-www-form-urlencoded` body; a field given twice is there twice. No body: no fields.
 * Throws CardeaError 400, 413 or 415.
 */
export async function readForm(ctx: BodyContext): Promise<URLSearchParams> {
  const text = await readText(ctx, 'application/x-www-form-urlencoded');
  const fields = new URLSearchParams(text);
  if (fields.size > maxFields) throw malformed('The form has too many fields.');
  return fields;
}

/** A JSON body (`application/json`, `application/…+json`) of bounded depth. Throws CardeaError 400, 413 or 415. */
export async function readJson(ctx: BodyContext): Promise<unknown> {
  const text = await readText(ctx, 'application/json', '+json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The request body is not JSON.');
  }
  if (deeperThan(value, maxJsonDepth)) throw malformed('The JSON is nested too deeply.');
  return value;
}

async function readText({ req, request }: BodyContext, ...types: string[]): Promise<string> {
  const bytes = await readBytes(req);
  if (bytes.length === 0) return '';
  const charset = request.charset.toLowerCase();
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (!request.is(types) || !['', 'utf-8', 'utf8'].includes(charset) || encoding !== 'identity') {
    throw new CardeaError({
      status: 415,
      code: 'unsupported_media_type',
      message: `The request body must be ${types[0]} in UTF-8, not compressed.`,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('The request body is not UTF-8.');
  }
}

/**
 * A body as it arrived: for what is signed, before it means anything. Throws CardeaError 400 or 413.
 *
 * The bytes stay at `req.body`, where the protocol engine looks for a body that was read before it:
 * a route can look into a request and then leave it to the engine.
 */
export async function readBytes(req: IncomingMessage & { body?: unknown }): Promise<Buffer> {
  if (req.body instanceof Buffer) return req.body;
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    // The socket must outlive a refused body, to carry the answer.
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      received += chunk.length;
      if (received > maxBodyBytes) throw bodyTooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof CardeaError) throw error;
    throw malformed('The request body did not arrive whole.', error);
  }
  req.body = Buffer.concat(chunks, received);
  return req.body as Buffer;
}

function malformed(message: string, cause?: unknown): CardeaError {
  return new CardeaError({ status: 400, code: 'invalid_request', message, cause });
}
