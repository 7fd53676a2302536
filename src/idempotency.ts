/**
 * What repeated requests with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) have in common: how the
 * key and the request are remembered, and how a key that was used for another request is refused.
 */
import { sha256 } from './digests.ts';
import { CardeaError } from './errors.ts';

export const idempotencyKeyNotation = /^[\x21-\x7e]{1,255}$/;

/** Throws CardeaError `invalid_idempotency_key` (400). */
export function requireIdempotencyKey(text: string): void {
  if (!idempotencyKeyNotation.test(text)) throw invalidIdempotencyKey();
}

/** The id of what is kept of a request. Throws CardeaError `invalid_idempotency_key` (400). */
export function idempotencyRecordId(caller: string, idempotencyKey: string): string {
  requireIdempotencyKey(idempotencyKey);
  return sha256(JSON.stringify([caller, idempotencyKey]));
}

/** The same for equal content, whatever the order of its members. */
export function contentDigest(content: unknown): string {
  return sha256(
    JSON.stringify(content, (_name, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    ) ?? '',
  );
}

function invalidIdempotencyKey(): CardeaError {
  return new CardeaError({
    code: 'invalid_idempotency_key',
    status: 400,
    message: 'The Idempotency-Key must be 1 to 255 visible ASCII characters.',
  });
}

/** 422 */
export function idempotencyKeyReused(): CardeaError {
  return new CardeaError({
    code: 'idempotency_key_reused',
    status: 422,
    message: 'This Idempotency-Key was used for another request. Use a new one.',
  });
}
