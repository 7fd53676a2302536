/**
 * Answers as values. What programs ask all day is answered by functions that return an answer instead of writing it,
 * so that the same function serves a request behind Koa's layers and one that takes the direct way (direct/).
 */
import type { Context, Middleware } from 'koa';

/** Names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

export type Answer = {
  status: number;
  /** Beside those that every response has; they replace headers of the same name. */
  headers?: AnswerHeaders | undefined;
  body?: string | Buffer | undefined;
};

/** The part of a request that its handler may use. Koa's context is one. */
export type HandledRequest = Pick<Context, 'req' | 'res' | 'state' | 'method' | 'querystring'> & {
  /** A request header; empty if it was not sent. */
  get(name: string): string;
  /** Sets headers of whatever is answered, errors included. Lower case. */
  set(headers: AnswerHeaders): void;
};

/** Undefined: the request is left to whoever answers the route otherwise. Throws what the error serialiser knows. */
export type Handler = (request: HandledRequest) => Promise<Answer | undefined>;

/** A JSON answer. */
export function jsonAnswer(status: number, value: object, headers: AnswerHeaders = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** Behind Koa's layers. A request that the handler leaves alone goes on to the next middleware. */
export function answerByValue(handler: Handler): Middleware {
  return async function answerByValueLayer(ctx, next) {
    const answer = await handler(ctx as HandledRequest);
    if (!answer) return next();
    const { status, headers = {}, body } = answer;
    ctx.set(headers as Record<string, string>);
    ctx.status = status;
    if (body !== undefined) ctx.body = body;
  };
}
