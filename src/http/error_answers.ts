/**
 * Errors as answers for programs, and as lines in the log. Pages for people are errors.ts's.
 */
import type { Log } from '../telemetry/log.ts';
import { bounded } from '../telemetry/log_fields.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { oauthBody, problemBody } from './error_bodies.ts';
import type { PublicError } from './public_error.ts';
import type { RequestState } from './request_state.ts';

/** What described the answer that now is not sent. */
export const representationHeaders: readonly string[] = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-type',
  'etag',
  'last-modified',
  'location',
];

/** For a program: as the route's family of errors spells it. */
export function errorAnswer(
  error: PublicError,
  { requestId, match, logFields }: RequestState,
): Answer {
  logFields.error ??= error.code;
  const headers = {
    'cache-control': 'no-store',
    ...(error.retryAfter !== undefined && { 'retry-after': String(error.retryAfter) }),
  };
  if (match.errors === 'problem') {
    return jsonAnswer(error.status, problemBody(error, requestId), {
      ...headers,
      'content-type': 'application/problem+json',
    });
  }
  // The token endpoint and its kin know no 415 (RFC 6749 section 5.2).
  return jsonAnswer(error.status === 415 ? 400 : error.status, oauthBody(error), headers);
}

type ErrorLog = Pick<Log, 'debug' | 'isDebug' | 'warn' | 'error'>;

export type ErrorRecorder = {
  /** Logs what was thrown, with its cause. */
  record(state: RequestState, thrown: unknown, error: PublicError): void;
  /** Logs why a request was refused that has been answered already, by whoever knows the reason. */
  explain(state: RequestState, status: number): Promise<void>;
};

export function createErrorRecorder(log: ErrorLog): ErrorRecorder {
  return {
    record({ requestId: request_id, logFields: { client_id } }, thrown, { status, code }) {
      const fields = { err: thrown, request_id, client_id, status, error: code };
      if (status === 503) log.warn(fields, 'request refused: unavailable');
      else if (status >= 500) log.error(fields, 'request failed');
      else log.debug(fields, 'request refused');
    },

    async explain({ refusal, requestId: request_id, logFields: { client_id } }, status) {
      if (!refusal || !log.isDebug) return;
      const told = { request_id, client_id, status };
      try {
        log.debug({ ...told, ...bounded(await refusal()) }, 'request refused');
      } catch (err) {
        log.debug({ ...told, err }, 'request refused, and it cannot be said why');
      }
    },
  };
}
