/**
 * What the measurements say on any machine: how they relate to each other, and what the relations have to be.
 */
import { availableParallelism } from 'node:os';
import { keyOf, type Results } from './measuring.ts';
import { type PathRow, type Processes, paths, type Run, type ServerKind } from './paths.ts';

export type Ratio = {
  name: string;
  over: Run;
  /** Of several, the one with the highest rate. */
  under: readonly Run[];
  /** Default: the rate. Of `p99`, less is better. */
  what?: 'rate' | 'p99';
  target: number;
};

export function ratiosFor(workers: number): Ratio[] {
  const service = run('service-token');
  const bareService = both('bare library', 'service-token');
  // A second worker gains little where the load generator has no core of its own.
  const secondWorker = availableParallelism() > workers ? 1.7 : 1;
  return [
    ratio('service-token / openssl', service, [run('rsa-signature', 'openssl')], 0.62),
    ratio('service-token / bare', service, bareService, 1.35),
    { ...ratio('service-token p99 / bare p99', service, bareService, 0.6), what: 'p99' },
    ratio(
      'jwt-introspection / bare opaque-introspection',
      run('jwt-introspection'),
      [run('opaque-introspection', 'bare library', 'one')],
      1.6,
    ),
    ratio(
      'key-verification / node:http service-token',
      run('key-verification'),
      [run('service-token', 'node:http')],
      1.5,
    ),
    ...['jwks', 'discovery'].map((path) =>
      ratio(`${path} / bare`, run(path), [run(path, 'bare library')], 1),
    ),
    ...['refresh', 'code-exchange'].map((path) =>
      ratio(
        `${path} / bare, one process each`,
        run(path, 'Cardea', 'one'),
        [run(path, 'bare library', 'one')],
        1,
      ),
    ),
    ratio(
      'service-token, MongoDB / SQLite',
      run('service-token', 'Cardea, MongoDB'),
      [service],
      0.9,
    ),
    ...paths
      .filter(isServed)
      .map(({ name }) =>
        ratio(
          `${name}, ${workers} workers / one`,
          run(name),
          [run(name, 'Cardea', 'one')],
          secondWorker,
        ),
      ),
  ];
}

/** Undefined: not measured. */
export function ratioIn(
  { over, under, what = 'rate' }: Ratio,
  results: Results,
): number | undefined {
  const [best] = under
    .flatMap((one) => results.get(keyOf(one)) ?? [])
    .toSorted((one, other) => other.rate - one.rate);
  const [above, below] = [results.get(keyOf(over))?.[what], best?.[what]];
  return above === undefined || below === undefined ? undefined : above / below;
}

/** How good a value is beside another that it should reach: 1 or more where it does. */
export function shareOf({ what }: Ratio, value: number, expected: number): number {
  return what === 'p99' ? expected / value : value / expected;
}

function isServed({ on }: PathRow): boolean {
  return on.some(([server]) => server === 'Cardea');
}

function ratio(name: string, over: Run, under: readonly Run[], target: number): Ratio {
  return { name, over, under, target };
}

function both(server: ServerKind, path: string): Run[] {
  return [run(path, server), run(path, server, 'one')];
}

function run(path: string, server: ServerKind = 'Cardea', processes: Processes = 'all'): Run {
  return { path, server, processes };
}
