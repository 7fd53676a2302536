/**
 * The words that a record is found by. They are folded, so that "Åsa" is found by "asa", and a text that is looked for is
 * folded in the same way. A record matches when each word of the text begins one of its own.
 */

/**
 * Grows when records get other words than before, or engines keep more beside them: those that are stored are then
 * filled in anew (operation/search_fill.ts).
 */
export const wordsVersion = 3;

/** Longer ones are cut, in records and in texts alike. */
const longest = 64;
/** Of one record: what somebody puts into a name is not stored a thousand times. */
const mostOfRecord = 40;
/** Of one text: each is one more condition. */
const mostOfText = 8;

/** Compatibility forms and accents go (NFKD), and case in all its forms: `ß` becomes `ss`. */
function fold(text: string): string {
  const isPlain = /^[ -~]*$/.test(text);
  if (isPlain) return text.toLowerCase();
  const bare = text.toWellFormed().normalize('NFKD').replace(/\p{M}/gu, '');
  return bare.toUpperCase().toLowerCase();
}

/** What stands between white space: `o'brien`, `anna@example.com`. */
function tokens(text: string): string[] {
  return fold(text)
    .split(/[\s\p{C}]+/u)
    .filter((word) => word !== '')
    .map((word) => [...word.slice(0, 2 * longest)].slice(0, longest).join(''));
}

/** The words of a text that is looked for; one that begins another is implied by it. */
export function searchedWords(text: string | undefined): string[] {
  const words = [...new Set(tokens(text ?? ''))].slice(0, mostOfText);
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)));
}

/** What a record is found by; of `texts`, those that are texts. */
export type SearchedTexts = { ids: readonly string[]; texts: readonly unknown[] };

/**
 * The words of a record, in order, from its ids, each whole, and from the texts that it is known by: each whole, and each
 * part of it between signs, so that `anna.adams@example.com` is found by `anna`, by `adams` and by `example.com`.
 */
export function recordWords({ ids, texts }: SearchedTexts): string[] {
  const words = new Set<string>(ids.flatMap(tokens));
  for (const text of texts) {
    if (typeof text !== 'string') continue;
    for (const token of tokens(text)) {
      words.add(token);
      const domain = token.slice(token.lastIndexOf('@') + 1);
      if (domain !== token && domain !== '') words.add(domain);
      for (const part of token.split(/[^\p{L}\p{N}]+/u)) if (part !== '') words.add(part);
    }
  }
  return [...words].slice(0, mostOfRecord).sort(byCodePoint);
}

/**
 * False where a record cannot have the searched words, told in a twentieth of the time that its words take: each of them
 * is a part of what the record is found by.
 */
export function mayHaveWords({ ids, texts }: SearchedTexts, searched: readonly string[]): boolean {
  const text = fold([...ids, ...texts.filter((one) => typeof one === 'string')].join(' '));
  return searched.every((word) => text.includes(word));
}

/** Whether each of the searched words begins one of the record's. */
export function hasWords(words: readonly string[], searched: readonly string[]): boolean {
  return searched.every((prefix) => words.some((word) => word.startsWith(prefix)));
}

/** In the order of UTF-8, which both engines keep. */
function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** Behind all words that begin with this one. */
export function endOfPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}
