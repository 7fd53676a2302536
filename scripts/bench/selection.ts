/**
 * Which runs a bench has.
 */
import { keyOf } from './measuring.ts';
import { paths, type Run } from './paths.ts';
import type { Ratio } from './ratios.ts';

/**
 * Of the named paths, and of what the ratios compare them with: each run once, and what is compared one right after
 * the other, since what else a machine does changes with time.
 */
export function runsOf(
  names: readonly string[],
  ratios: readonly Ratio[],
  hasMongodb: boolean,
): Run[] {
  const runs = paths
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name, on }) => [
      ...ratios
        .filter(({ over }) => over.path === name)
        .flatMap(({ over, under }) => [over, ...under]),
      ...on.map(([server, processes]): Run => ({ path: name, server, processes })),
    ])
    .filter(({ server }) => hasMongodb || server !== 'Cardea, MongoDB');
  return unique(runs);
}

export function unique(runs: readonly Run[]): Run[] {
  return [...new Map(runs.map((run) => [keyOf(run), run])).values()];
}
