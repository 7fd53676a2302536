/**
 * The form of a `scope` parameter.
 */
import { errors } from '../engine/library.ts';

/** RFC 6749 section 3.3, but any number of blanks between two scopes, and around them. */
const syntax = /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/;

/** Throws the library's InvalidScope. An absent one is fine. */
export function checkScopeSyntax(scope: unknown): asserts scope is string | undefined {
  if (scope === undefined || (typeof scope === 'string' && syntax.test(scope))) return;
  throw new errors.InvalidScope('scope contains invalid characters', undefined as never);
}
