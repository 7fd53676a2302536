/**
 * What a request may look like at all, checked before anything reads it. Limits of the connection
 * (header size, time) are the listener's.
 */
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { serverLimits } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import { requestState } from './request_state.ts';
import { beforeHeaders } from './response_headers.ts';

/** Beyond this the rest of a refused body is not read: the connection is closed instead. */
const maxDiscardedBytes = 1024 * 1024;

/** Throws CardeaError: 400 bad target or Host, 413 declared body too large, 414 URL too long. */
export function requestLimits(): Middleware {
  return function requestLimitsLayer(ctx, next) {
    const { req } = ctx;
    if (ctx.url.length > serverLimits.url)
      throw refused(414, 'uri_too_long', 'The URL is too long.');
    if (!ctx.url.startsWith('/')) throw malformed('The request target is not a path.');
    // RFC 9112 section 3.2. What it says is not used, but a proxy before us may have used the other one.
    const hosts = countOf('host', req.rawHeaders);
    if (hosts > 1 || (hosts === 0 && req.httpVersionMinor > 0)) {
      throw malformed('The request needs exactly one Host header.');
    }
    const length = Number(req.headers['content-length'] ?? 0);
    const limit = bodyLimitOf(ctx);
    if (length > limit) {
      // With `Expect: 100-continue` the body may or may not follow, so no next request can be told.
      if (length > maxDiscardedBytes || req.headers.expect) ctx.set('Connection', 'close');
      throw bodyTooLarge(limit);
    }
    // The listener asks for bodies of the usual size.
    if (length > serverLimits.requestBody && waitsToContinue(req)) ctx.res.writeContinue();
    if (req.headers['transfer-encoding']) {
      // Of unknown length: whoever answers without reading to the end does not wait for that end.
      beforeHeaders(ctx.res, () => {
        if (!req.complete) ctx.res.setHeader('Connection', 'close');
      });
    }
    return next();
  };
}

/** Bytes that the request's body may have. */
export function bodyLimitOf(ctx: { state: unknown }): number {
  return requestState(ctx).match.route?.bodyLimit ?? serverLimits.requestBody;
}

/** Whether the body is known to be no larger than at most routes. */
export function isOfUsualSize({ headers }: IncomingMessage): boolean {
  return (
    !headers['transfer-encoding'] &&
    Number(headers['content-length'] ?? 0) <= serverLimits.requestBody
  );
}

/** How often a header was sent; `rawHeaders` as Node has them, names and values in turn. */
function countOf(wanted: string, rawHeaders: readonly string[]): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === wanted)
    .length;
}

/** 413. */
export function bodyTooLarge(limit: number): CardeaError {
  return refused(413, 'payload_too_large', `The request body is larger than ${limit / 1024} KiB.`);
}

/** RFC 9110 section 10.1.1; HTTP/1.0 has no such answer. */
function waitsToContinue({ headers, httpVersionMinor }: IncomingMessage): boolean {
  return httpVersionMinor > 0 && headers.expect?.toLowerCase() === '100-continue';
}

function malformed(message: string): CardeaError {
  return refused(400, 'invalid_request', message);
}

function refused(status: number, code: string, message: string): CardeaError {
  return new CardeaError({ status, code, message });
}
