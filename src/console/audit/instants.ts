/**
 * Instants as people type them into filters.
 */
const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?)?\s*(?:Z|UTC)?$/i;

/** `2026-11-30`, `2026-11-30 09:43` as RFC 3339, in UTC. Anything else stays as it is. */
export function instantOf(text: string): string {
  const match = written.exec(text.trim());
  if (!match) return text.trim();
  const [, date, minutes = '00:00', seconds = ':00'] = match;
  return `${date}T${minutes}${seconds}Z`;
}
