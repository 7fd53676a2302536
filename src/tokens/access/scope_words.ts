/** The scopes of a `scope` value (RFC 6749 section 3.3), in its order; none for what is no text. */
export function scopeWords(scope: unknown): string[] {
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
}
