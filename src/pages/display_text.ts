/**
 * Makes texts of strangers (client names, user agents, error texts) fit to show: removes what can disguise
 * them and limits their length. Escaping is separate and happens when they are written.
 */

/** Control characters, line separators, and marks that reorder or hide neighboring text. */
const disguises =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]+/gu;

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** One line of visible text, at most `maxLength` UTF-16 units. An ellipsis shows where it was cut. */
export function displayText(text: string, maxLength = 300): string {
  // Cut roughly first: the input may be of any size.
  const line = text
    .slice(0, maxLength * 4)
    .toWellFormed()
    .replace(disguises, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= maxLength) return line;
  return `${line
    .slice(0, maxLength - 1)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd()}…`;
}

/** The first letter or digit in upper case, otherwise the first character: for a client's avatar. */
export function initialOf(name: string): string {
  const first = /[\p{L}\p{N}]/u.exec(name);
  const [segment] = segmenter.segment(name.slice(first?.index ?? 0));
  const initial = segment?.segment ?? '?';
  return initial.length > 8 ? '?' : initial.toUpperCase();
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For HTML text and quoted attribute values. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}
