/**
 * The scopes in a `scope` value (RFC 6749 section 3.3), in order. None if it is not a string.
 */
export function scopeWords(scope: unknown): string[] {
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
}
