/**
 * How many there are, in words: counted on the first page of a list, never over all of it.
 */

/** Of a few lists at once, a page says how much they have in some milliseconds. */
export const mostCounted = 100;

type Listed = { items: readonly unknown[]; next: string | null };

/** `3 sessions`, `1 session`, `100 or more sessions`, `no sessions`. */
export function countText({ items, next }: Listed, one: string, several = `${one}s`): string {
  const { length } = items;
  if (next !== null) return `${length} or more ${several}`;
  return length === 0 ? `no ${several}` : `${length} ${length === 1 ? one : several}`;
}
