/**
 * How many there are, in words: counted on the first page of a list, never over all of it.
 */

/** The most that a list answers at once. */
export const mostCounted = 200;

type Listed = { items: readonly unknown[]; next: string | null };

/** `3 sessions`, `1 session`, `200 or more sessions`, `no sessions`. */
export function countText({ items, next }: Listed, one: string, several = `${one}s`): string {
  const { length } = items;
  if (next !== null) return `${length} or more ${several}`;
  return length === 0 ? `no ${several}` : `${length} ${length === 1 ? one : several}`;
}
