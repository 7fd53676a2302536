import { CardeaError } from '../errors.ts';

/** 429 with Retry-After (RFC 6585 section 4). `waitMs`: until the limit's window ends. */
export function tooManyRequests(message: string, waitMs: number): CardeaError {
  return new CardeaError({
    code: 'too_many_requests',
    status: 429,
    message,
    retryAfter: Math.max(1, Math.ceil(waitMs / 1000)),
  });
}
