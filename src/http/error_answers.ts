/**
 * Errors as answers for programs, and as lines in the log. Pages for people are errors.ts's.
 */
import type { RefusalRecords } from '../refusals/room.ts';
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

/** See RefusalRecords. */
export type NoteRefusal = RefusalRecords['note'];

export type ErrorRecorder = {
  /** Logs what was thrown, with its cause. */
  record(state: RequestState, thrown: unknown, error: PublicError): void;
  /** Logs why a request was refused that has been answered already, by whoever knows the reason. */
  explain(state: RequestState, status: number): Promise<void>;
};

export function createErrorRecorder(log: ErrorLog, noteRefusal: NoteRefusal): ErrorRecorder {
  /** The name of the reason goes to the request's line in the log. */
  const note = (state: RequestState, status: number, details: Record<string, unknown>) => {
    const { requestId: reference, address, match, logFields } = state;
    const route = match.name;
    const about = { reference, route, status, clientId: logFields.client_id, address: address.ip };
    logFields.reason = noteRefusal({ ...about, details });
  };

  return {
    record(state, thrown, { status, code, description }) {
      const { requestId: request_id, logFields } = state;
      const { client_id } = logFields;
      const fields = { err: thrown, request_id, client_id, status, error: code };
      if (status === 503) log.warn(fields, 'request refused: unavailable');
      else if (status >= 500) log.error(fields, 'request failed');
      else {
        note(state, status, { error: code, description, client_id });
        log.debug(fields, 'request refused');
      }
    },

    async explain(state, status) {
      const { refusal, requestId: request_id, logFields } = state;
      const { client_id } = logFields;
      // An answer of 200 may tell that a token is not alive; that is asked all day.
      const isRefused = status >= 300;
      if (!refusal || !(isRefused || log.isDebug)) return;
      const told = { request_id, client_id, status };
      try {
        const details = bounded(await refusal());
        if (isRefused) note(state, status, details);
        log.debug({ ...told, ...details }, 'request refused');
      } catch (err) {
        log.debug({ ...told, err }, 'request refused, and it cannot be said why');
      }
    },
  };
}
