/**
 * Lines of CSV that a spreadsheet may open.
 */

/** With the end of the line. Nothing for undefined and null, JSON for objects. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}

/**
 * RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe, also behind blanks, which some of
 * them skip (OWASP, CSV injection): strangers choose parts of what is recorded.
 */
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = /^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}
