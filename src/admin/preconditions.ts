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

/** Every ETag of ours. */
export const etagNotation = /^"(\d{1,15})"$/;

export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * What If-Match and If-None-Match ask for; each is undefined where it was not sent. Throws CardeaError
 * `precondition_required` (428) where one is needed and none is there, `version_mismatch` (412) for what cannot be met,
 * `invalid_request` (400) for what is none.
 */
export function readPrecondition(
  { ifMatch, ifNoneMatch }: { ifMatch: string | undefined; ifNoneMatch: string | undefined },
  { isRequired, createsAlso }: { isRequired: boolean; createsAlso: boolean },
): Precondition {
  if (ifNoneMatch !== undefined) {
    if (!createsAlso) throw createsNothing();
    if (ifNoneMatch.trim() !== '*') throw invalidPrecondition();
    if (ifMatch !== undefined) throw neverMet();
    return { expectedVersion: undefined, mustBeNew: true };
  }
  if (ifMatch === undefined) {
    if (isRequired) throw preconditionRequired();
    return { expectedVersion: undefined, mustBeNew: false };
  }
  if (ifMatch.trim() === '*') return { expectedVersion: undefined, mustBeNew: false };
  const [, digits] = etagNotation.exec(ifMatch.trim()) ?? [];
  // A tag that is none of ours is of no version that there is, and neither is an empty list of tags.
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

/** Whoever says that an object must not exist yet does not mean to change one that does. */
function createsNothing(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'If-None-Match is for a PUT that can create an object. This request cannot.',
  });
}

function invalidPrecondition(): CardeaError {
  return new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'If-None-Match takes * only.',
  });
}

/** 412, as if both had been evaluated: an object that has a version exists. */
function neverMet(): CardeaError {
  return new CardeaError({
    code: 'version_mismatch',
    status: 412,
    message: 'If-Match and If-None-Match: * are never true together.',
  });
}
