/**
 * Which runs a bench has.
 */
import { keyOf } from './measuring.ts';
import { paths, type Run } from './paths.ts';
import type { Ratio } from './ratios.ts';

/** Of the named paths, and of what the ratios compare them with; each run once, in the table's order. */
export function runsOf(
  names: readonly string[],
  ratios: readonly Ratio[],
  hasMongodb: boolean,
): Run[] {
  const runs = paths
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name, on }) => [
      ...on.map(([server, processes]): Run => ({ path: name, server, processes })),
      ...ratios.filter(({ over }) => over.path === name).flatMap(({ under }) => under),
    ])
    .filter(({ server }) => hasMongodb || server !== 'Cardea, MongoDB');
  return unique(runs);
}

export function unique(runs: readonly Run[]): Run[] {
  return [...new Map(runs.map((run) => [keyOf(run), run])).values()];
}
