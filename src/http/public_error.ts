/**
 * What may be told of an error: a status, a stable code, a text that helps. Owns the translation from
 * whatever was thrown; everything it does not know is `server_error` and its text is ours.
 */
import { STATUS_CODES } from 'node:http';
import { CardeaError, type WayOn } from '../errors.ts';
import { type FieldError, InvalidFieldsError } from '../input_check.ts';

export type PublicError = {
  status: number;
  /** Snake_case, stable. */
  code: string;
  description: string;
  /** Seconds. */
  retryAfter?: number | undefined;
  /** What is wrong with which field. */
  fields?: readonly FieldError[] | undefined;
  /** For a page. */
  wayOn?: WayOn | undefined;
};

const byStatus: Record<number, Omit<PublicError, 'status'>> = {
  400: { code: 'invalid_request', description: 'The request is malformed.' },
  401: { code: 'unauthorized', description: 'Authentication is required.' },
  403: { code: 'forbidden', description: 'This is not allowed.' },
  404: { code: 'not_found', description: 'There is nothing at this address.' },
  405: { code: 'method_not_allowed', description: 'This address does not take this method.' },
  406: { code: 'not_acceptable', description: 'The answer has none of the accepted types.' },
  408: { code: 'request_timeout', description: 'The request took too long to arrive.' },
  413: { code: 'payload_too_large', description: 'The request body is too large.' },
  414: { code: 'uri_too_long', description: 'The address is too long.' },
  415: { code: 'unsupported_media_type', description: 'This content type is not supported here.' },
  429: { code: 'too_many_requests', description: 'Too many requests. Try again later.' },
  431: { code: 'header_fields_too_large', description: 'The request headers are too large.' },
  501: { code: 'method_not_allowed', description: 'This method is not known here.' },
  503: { code: 'temporarily_unavailable', description: 'Try again shortly.', retryAfter: 2 },
};

/** The error that a bare status stands for. */
export function errorOfStatus(status: number): PublicError {
  const known = byStatus[status];
  if (known) return { status, ...known };
  if (status >= 400 && status < 500) {
    return { status, code: 'invalid_request', description: STATUS_CODES[status] ?? 'Bad Request' };
  }
  return {
    status: 500,
    code: 'server_error',
    description: 'Something went wrong here. The log tells more under the id of this request.',
  };
}

/** Never throws; `error` may be anything. */
export function toPublicError(error: unknown): PublicError {
  if (error instanceof CardeaError) {
    const { status, code, message, retryAfter, wayOn } = error;
    const fields = error instanceof InvalidFieldsError ? error.errors : undefined;
    return { status, code, description: message, retryAfter, wayOn, ...(fields && { fields }) };
  }
  if (!(error instanceof Error)) return errorOfStatus(500);
  // Percent-encoding that decodes to nothing.
  if (error instanceof URIError) return errorOfStatus(400);

  // The shape that Koa, its middleware and the protocol engine share: `expose` says that the status
  // and the text are meant for the caller.
  const { expose, status, error: code, error_description: description } = error as ExposedError;
  if (expose !== true || typeof status !== 'number') return errorOfStatus(500);
  const fallback = errorOfStatus(status);
  if (typeof code !== 'string') return fallback;
  return {
    ...fallback,
    code,
    description: typeof description === 'string' ? description : fallback.description,
  };
}

type ExposedError = Error & {
  expose?: unknown;
  status?: unknown;
  error?: unknown;
  error_description?: unknown;
};
