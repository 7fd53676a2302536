/**
 * Every request ends: one that is not answered in time is answered 503, whatever it waits for. What it had begun
 * goes on for as long as its own limits allow, and finds `over` in the request's state.
 */
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { serverLimits } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import type { Log } from '../telemetry/log.ts';
import { type RequestState, requestState } from './request_state.ts';

export type DeadlineOptions = {
  log: Pick<Log, 'debug'>;
  /** From the end of the request's body; by default as `definitions/limits.ts` has it. */
  limitMs?: number | undefined;
};

type TimedRequest = { req: IncomingMessage; state: RequestState };

/** Resolves with what `work` does. Throws what it throws, and CardeaError 503 `temporarily_unavailable`. */
export type WithinDeadline = <T>(request: TimedRequest, work: Promise<T>) => Promise<T>;

export function createDeadline({
  log,
  limitMs = serverLimits.responseMs,
}: DeadlineOptions): WithinDeadline {
  return async function withinDeadline<T>({ req, state }: TimedRequest, work: Promise<T>) {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    work.then(resolve, reject);
    let extraMs = 0;
    const check = () => {
      const granted = (state.extraTimeMs ?? 0) - extraMs;
      // A body takes the time that the listener gives it.
      if (granted <= 0 && req.complete) return reject(tookTooLong());
      extraMs += granted;
      timer = setTimeout(check, granted > 0 ? granted : limitMs);
    };
    let timer = setTimeout(check, limitMs);
    let isOver = false;
    req.on('end', () => {
      if (!isOver) timer.refresh();
    });

    try {
      return await promise;
    } catch (error) {
      if (error instanceof OverError) {
        state.over = true;
        work.catch((late) => {
          log.debug({ err: late, request_id: state.requestId }, 'failed after its answer');
        });
      }
      throw error;
    } finally {
      isOver = true;
      clearTimeout(timer);
    }
  };
}

/** Throws what WithinDeadline throws. */
export function deadline(options: DeadlineOptions): Middleware {
  const withinDeadline = createDeadline(options);
  return function deadlineLayer(ctx, next) {
    return withinDeadline({ req: ctx.req, state: requestState(ctx) }, next());
  };
}

class OverError extends CardeaError {}

function tookTooLong(): CardeaError {
  return new OverError({
    code: 'temporarily_unavailable',
    status: 503,
    message: 'This takes too long at the moment. Try again shortly.',
    cause: new Error('the request was not answered in time'),
    retryAfter: 2,
  });
}
