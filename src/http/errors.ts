/**
 * The one layer where an error becomes an answer. Owns the choice between a page and an answer for programs
 * (error_answers.ts); the rooms throw and know nothing of it.
 */
import type { Context, Middleware } from 'koa';
import type { Log } from '../telemetry/log.ts';
import type { AnswerHeaders } from './answer.ts';
import {
  createErrorRecorder,
  errorAnswer,
  type NoteRefusal,
  representationHeaders,
} from './error_answers.ts';
import { errorOfStatus, type PublicError, toPublicError } from './public_error.ts';
import { requestState } from './request_state.ts';
import { keepFormsHere } from './security_headers.ts';

/** Writes an error as a whole HTML document: type, body, language; not the status. */
export type ErrorPage = (ctx: Context, error: PublicError) => void;

export type ErrorOptions = {
  log: Pick<Log, 'debug' | 'isDebug' | 'warn' | 'error'>;
  noteRefusal: NoteRefusal;
  errorPage: ErrorPage;
};

/** Answers what is thrown below, what is put into `state.failure`, and bodiless 4xx and 5xx. */
export function errorSerialiser({ log, noteRefusal, errorPage }: ErrorOptions): Middleware {
  const { record, explain } = createErrorRecorder(log, noteRefusal);

  const answer = (ctx: Context, error: PublicError) => {
    for (const header of representationHeaders) ctx.remove(header);
    const state = requestState(ctx);
    const { status, headers, body } = errorAnswer(error, state);
    const isPage = state.match.errors === 'page' && ctx.accepts('json', 'html') === 'html';
    if (isPage) {
      const { 'content-type': _json, ...others } = headers as AnswerHeaders;
      ctx.set(others as Record<string, string>);
      ctx.status = error.status;
      errorPage(ctx, error);
      keepFormsHere(ctx);
      return;
    }
    ctx.set(headers as Record<string, string>);
    ctx.status = status;
    ctx.body = body;
  };

  const fail = (ctx: Context, thrown: unknown) => {
    const error = toPublicError(thrown);
    record(requestState(ctx), thrown, error);
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

  return async function errorLayer(ctx, next) {
    try {
      await next();
      const { failure } = requestState(ctx);
      if (failure !== undefined) return fail(ctx, failure);
      await explain(requestState(ctx), ctx.status);
    } catch (thrown) {
      return fail(ctx, thrown);
    }
    if (ctx.respond === false || ctx.headerSent || ctx.status < 400 || ctx.body != null) return;
    answer(ctx, errorOfStatus(ctx.status));
  };
}
