/**
 * Conditional requests (RFC 9110 section 13.1): an object's ETag is its version, and a change names the version that it
 * is based on.
 */
import { CardeaError } from '../errors.ts';
import { versionMismatch } from '../storage/change_record.ts';

export type Precondition = {
  /** Undefined: any version. */
  expectedVersion: number | undefined;
  mustBeNew: boolean;
};

export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * What If-Match and If-None-Match ask for; each is empty where it was not sent. Throws CardeaError
 * `precondition_required` (428) where one is needed and none is there, `invalid_request` (400) for what is none.
 */
export function readPrecondition(
  { ifMatch, ifNoneMatch }: { ifMatch: string; ifNoneMatch: string },
  { isRequired }: { isRequired: boolean },
): Precondition {
  if (ifNoneMatch !== '') {
    if (ifNoneMatch.trim() !== '*' || ifMatch !== '') throw invalidPrecondition();
    return { expectedVersion: undefined, mustBeNew: true };
  }
  if (ifMatch === '') {
    if (isRequired) throw preconditionRequired();
    return { expectedVersion: undefined, mustBeNew: false };
  }
  if (ifMatch.trim() === '*') return { expectedVersion: undefined, mustBeNew: false };
  const [, digits] = /^\s*"(\d{1,15})"\s*$/.exec(ifMatch) ?? [];
  // A tag that is none of ours is of no version that there is.
  if (digits === undefined) throw versionMismatch();
  return { expectedVersion: Number(digits), mustBeNew: false };
}

/** 412: If-None-Match was `*`. */
export function alreadyExists(): CardeaError {
  return new CardeaError({
    code: 'already_exists',
    status: 412,
    message: 'The object exists already.',
  });
}

function preconditionRequired(): CardeaError {
  return new CardeaError({
    code: 'precondition_required',
    status: 428,
    message:
      'This change needs If-Match with the ETag of the object as it was read, or * for any version.',
  });
}

function invalidPrecondition(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'If-None-Match takes * only, and not together with If-Match.',
  });
}
