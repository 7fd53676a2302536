/**
 * The one error type that rooms throw on purpose. It owns what may be told to the outside (code,
 * status, public text); the cause stays inside and goes to the log. Serialisers in http/ write it.
 */
export type ErrorDetails = {
  /** Stable machine-readable code, snake_case. */
  code: string;
  /** HTTP status that a serialiser answers with. */
  status: number;
  /** Text for the caller: helps, and tells nothing internal. */
  message: string;
  /** For the log only. */
  cause?: unknown;
  /** Seconds after which it is worth trying again (Retry-After, RFC 9110 section 10.2.3). */
  retryAfter?: number;
};

export class CardeaError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor({ code, status, message, cause, retryAfter }: ErrorDetails) {
    super(message, { cause });
    this.name = 'CardeaError';
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}
