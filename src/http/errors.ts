/**
 * The one place where an error becomes an answer. Owns the choice of serialiser and that every
 * failure of ours is in the log with its cause; the rooms throw and know nothing of it.
 */
import type { Context, Middleware } from 'koa';
import type { Log } from '../telemetry/log.ts';
import { bounded } from '../telemetry/log_fields.ts';
import { oauthBody, problemBody } from './error_bodies.ts';
import { errorOfStatus, type PublicError, toPublicError } from './public_error.ts';
import { requestState } from './request_state.ts';
import { keepFormsHere } from './security_headers.ts';

/** Writes an error as a whole HTML document: type, body, language; not the status. */
export type ErrorPage = (ctx: Context, error: PublicError) => void;

export type ErrorOptions = {
  log: Pick<Log, 'debug' | 'isDebug' | 'warn' | 'error'>;
  errorPage: ErrorPage;
};

/** What described the answer that now is not sent. */
const representationHeaders = [
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Type',
  'ETag',
  'Last-Modified',
  'Location',
];

/** Answers what is thrown below, what is put into `state.failure`, and bodiless 4xx and 5xx. */
export function errorSerialiser({ log, errorPage }: ErrorOptions): Middleware {
  const answer = (ctx: Context, error: PublicError) => {
    const { requestId, match, logFields } = requestState(ctx);
    for (const header of representationHeaders) ctx.remove(header);
    ctx.set('Cache-Control', 'no-store');
    if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter));
    const isPage = match.errors === 'page' && ctx.accepts('json', 'html') === 'html';
    if (isPage) {
      ctx.status = error.status;
      errorPage(ctx, error);
      keepFormsHere(ctx);
    } else if (match.errors === 'problem') {
      ctx.status = error.status;
      ctx.body = problemBody(error, requestId);
      ctx.type = 'application/problem+json';
    } else {
      // The token endpoint and its kin know no 415 (RFC 6749 section 5.2).
      ctx.status = error.status === 415 ? 400 : error.status;
      ctx.body = oauthBody(error);
    }
    logFields.error ??= error.code;
  };

  const record = (ctx: Context, thrown: unknown, { status, code }: PublicError) => {
    const { requestId: request_id, logFields } = requestState(ctx);
    const { client_id } = logFields;
    const fields = { err: thrown, request_id, client_id, status, error: code };
    if (status === 503) log.warn(fields, 'request refused: unavailable');
    else if (status >= 500) log.error(fields, 'request failed');
    else log.debug(fields, 'request refused');
  };

  const fail = (ctx: Context, thrown: unknown) => {
    const error = toPublicError(thrown);
    record(ctx, thrown, error);
    if (ctx.headerSent) {
      // Half of another answer is out: only a broken connection can say that it is not whole.
      ctx.res.destroy();
      return;
    }
    try {
      answer(ctx, error);
    } catch (cause) {
      log.error({ err: cause, request_id: requestState(ctx).requestId }, 'error page failed');
      ctx.type = 'text';
      ctx.body = `${error.description} (${requestState(ctx).requestId})`;
      ctx.status = error.status;
    }
  };

  /** Of a refusal that was answered already, by whoever knows its reason. */
  const explain = async (ctx: Context) => {
    const { refusal, requestId: request_id, logFields } = requestState(ctx);
    if (!refusal || !log.isDebug) return;
    const { client_id } = logFields;
    const told = { request_id, client_id, status: ctx.status };
    try {
      log.debug({ ...told, ...bounded(await refusal()) }, 'request refused');
    } catch (err) {
      log.debug({ ...told, err }, 'request refused, and it cannot be said why');
    }
  };

  return async function errorLayer(ctx, next) {
    try {
      await next();
      const { failure } = requestState(ctx);
      if (failure !== undefined) return fail(ctx, failure);
      await explain(ctx);
    } catch (thrown) {
      return fail(ctx, thrown);
    }
    if (ctx.respond === false || ctx.headerSent || ctx.status < 400 || ctx.body != null) return;
    answer(ctx, errorOfStatus(ctx.status));
  };
}
