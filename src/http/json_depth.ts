/**
 * How deep JSON may be nested before it goes on: what parses at any depth, exhausts the stack of whoever
 * writes or walks it later.
 */

/** Deeper than any request that means something. */
export const maxJsonDepth = 32;

/** Whether objects and arrays lie in each other in more than so many levels. */
export function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((entry) => deeperThan(entry, levels - 1));
}
