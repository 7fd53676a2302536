/**
 * Reading a request's body, for our own routes: bounded, once, of the one type that a route takes.
 * What the fields mean, and that none is given twice, is the routes' business.
 */
import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { CardeaError } from '../errors.ts';
import type { HandledRequest } from './answer.ts';
import { deeperThan, maxJsonDepth } from './json_depth.ts';
import { bodyLimitOf, bodyTooLarge } from './request_limits.ts';

type BodyRequest = Pick<HandledRequest, 'req' | 'state'>;

/** More fields than any request has; parsing and checking them stays cheap. */
export const maxFields = 500;

const noBytes = Buffer.alloc(0);

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * An `application/x-www-form-urlencoded` body; a field given twice is there twice. No body: no fields.
 * Throws CardeaError 400, 413 or 415.
 */
export async function readForm(request: BodyRequest): Promise<URLSearchParams> {
  const text = await readText(request, 'application/x-www-form-urlencoded');
  const fields = new URLSearchParams(text);
  if (fields.size > maxFields) throw malformed('The form has too many fields.');
  return fields;
}

/** A JSON body (`application/json`, `application/…+json`) of bounded depth. Throws CardeaError 400, 413 or 415. */
export async function readJson(request: BodyRequest): Promise<unknown> {
  const text = await readText(request, 'application/json', '+json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The request body is not JSON.');
  }
  if (deeperThan(value, maxJsonDepth)) throw malformed('The JSON is nested too deeply.');
  return value;
}

/** `suffix`: of other types that are taken as well (RFC 6839). */
async function readText(request: BodyRequest, type: string, suffix?: string): Promise<string> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return '';
  const { 'content-type': sent = '', 'content-encoding': encoding = 'identity' } =
    request.req.headers;
  const isTaken = sent === type || isTextOf(sent, type, suffix);
  if (!isTaken || encoding !== 'identity') {
    throw new CardeaError({
      status: 415,
      code: 'unsupported_media_type',
      message: `The request body must be ${type} in UTF-8, not compressed.`,
    });
  }
  try {
    return decoder.decode(bytes);
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
export async function readBytes(request: BodyRequest): Promise<Buffer> {
  const req: IncomingMessage & { body?: unknown } = request.req;
  if (req.body instanceof Buffer) return req.body;
  const bytes = await receive(req, bodyLimitOf(request));
  req.body = bytes;
  return bytes;
}

/** By events: an async iterator makes a short request dearer by a quarter. */
function receive(req: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    /** The listeners stay on: taking them off takes longer than all that they do. */
    let isOver = false;
    const take = (chunk: Buffer) => {
      if (isOver) return;
      received += chunk.length;
      chunks.push(chunk);
      if (received <= limit) return;
      // The socket must outlive a refused body, to carry the answer.
      req.pause();
      isOver = true;
      reject(bodyTooLarge(limit));
    };
    const finish = () => {
      isOver = true;
      const [only = noBytes] = chunks;
      resolve(chunks.length > 1 ? Buffer.concat(chunks, received) : only);
    };
    const fail = (cause?: Error) => {
      if (isOver) return;
      isOver = true;
      reject(malformed('The request body did not arrive whole.', cause));
    };
    // What has happened already is not told again.
    if (req.readableEnded) return finish();
    if (req.destroyed) return fail();
    req.on('data', take).on('end', finish).on('error', fail).on('close', fail);
  });
}

/** Whether a content type, its parameters aside, is `type` or ends with `suffix`, and is in UTF-8. */
function isTextOf(sent: string, type: string, suffix?: string): boolean {
  let parsed: MIMEType;
  try {
    parsed = new MIMEType(sent);
  } catch {
    return false;
  }
  const { essence, params } = parsed;
  if (essence !== type && (!suffix || !essence.endsWith(suffix))) return false;
  return ['', 'utf-8', 'utf8'].includes(params.get('charset')?.toLowerCase() ?? '');
}

function malformed(message: string, cause?: unknown): CardeaError {
  return new CardeaError({ status: 400, code: 'invalid_request', message, cause });
}
