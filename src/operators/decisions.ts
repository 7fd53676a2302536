/**
 * What the policies of this room answer, and how an operation refuses by it.
 */
import { CardeaError } from '../errors.ts';

export type Denial =
  /** The credential, or the person's role, does not have the operation's scope. */
  | 'missing_scope'
  /** It would give a right, or control of something with a right, that the caller does not have. */
  | 'more_than_own'
  /** It is not in a project that the caller is named for. To the caller it does not exist. */
  | 'other_project'
  /** A client that says itself what it is never gets rights at the admin API. */
  | 'vouched_for_by_nobody'
  /** The admin API itself belongs to nobody. */
  | 'built_in';

export type Decision = { allowed: true } | { allowed: false; denial: Denial };

export const allowed: Decision = { allowed: true };

export function denied(denial: Denial): Decision {
  return { allowed: false, denial };
}

/** The first that is denied, or else allowed. */
export function allOf(...decisions: readonly Decision[]): Decision {
  return decisions.find((decision) => !decision.allowed) ?? allowed;
}

const texts: Record<Exclude<Denial, 'other_project'>, string> = {
  missing_scope: 'Your role, or the scopes of this credential, do not include this.',
  more_than_own: 'This would give or control rights that you do not have yourself.',
  vouched_for_by_nobody: 'A client that registered itself cannot have access to the admin API.',
  built_in: 'The admin API itself cannot be changed.',
};

/**
 * Throws what the caller is told: CardeaError 403 with the denial as its code, or 404 `not_found` for what is in
 * another project, in the words of whoever looks in vain (`missing`).
 */
export function requireAllowed(decision: Decision, missing = 'There is no such object.'): void {
  if (decision.allowed) return;
  const { denial } = decision;
  if (denial === 'other_project') {
    throw new CardeaError({
      ...{ code: 'not_found', status: 404, message: missing },
      cause: new Error(denial),
    });
  }
  throw new CardeaError({ code: denial, status: 403, message: texts[denial] });
}
