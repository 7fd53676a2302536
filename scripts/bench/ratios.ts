/**
 * What the measurements say on any machine: how they relate to each other, and what the relations have to be.
 */
import { availableParallelism } from 'node:os';
import { keyOf, type Result } from './measuring.ts';
import { bareIntrospection, floorRun, opensslRun, paths, type Run } from './paths.ts';

/** By keyOf() of its run. */
export type Results = ReadonlyMap<string, Result>;

export type Ratio = {
  name: string;
  /** Undefined: not measured. */
  of(results: Results): number | undefined;
  /** The target; `less`: at most that much, else at least. */
  target: number;
  less?: boolean;
};

export function ratiosFor(workers: number): Ratio[] {
  // The load generator needs a core, too.
  const twice = availableParallelism() > workers ? 1.7 : 1;
  return [
    {
      name: 'service-token / openssl',
      of: rates(cardea('service-token'), opensslRun),
      target: 0.62,
    },
    { name: 'service-token / bare', of: (all) => overBetterBare(all, 'rate'), target: 1.35 },
    {
      name: 'service-token p99 / bare',
      of: (all) => overBetterBare(all, 'p99'),
      target: 0.6,
      less: true,
    },
    {
      name: 'jwt-introspection / bare opaque',
      of: rates(cardea('jwt-introspection'), bareIntrospection),
      target: 1.6,
    },
    {
      name: 'key-verification / node:http issuance',
      of: rates(cardea('key-verification'), floorRun),
      target: 1.5,
    },
    ...['jwks', 'discovery'].map((path) => ({
      name: `${path} / bare`,
      of: rates(cardea(path), bare(path)),
      target: 1,
    })),
    ...['refresh', 'code-exchange'].map((path) => ({
      name: `${path} / bare, one process each`,
      of: rates(cardea(path, 'one'), bare(path, 'one')),
      target: 1,
    })),
    {
      name: 'service-token, MongoDB / SQLite',
      of: rates({ ...cardea('service-token'), server: 'Cardea, MongoDB' }, cardea('service-token')),
      target: 0.9,
    },
    ...paths.map(({ name }) => ({
      name: `${name}, ${workers} workers / one`,
      of: rates(cardea(name), cardea(name, 'one')),
      target: twice,
    })),
  ];
}

/** A ratio that is recorded was measured on the same machine at another time, where noise is never more than a fifth. */
function cardea(path: string, processes: Run['processes'] = 'all'): Run {
  return { path, server: 'Cardea', processes };
}

function bare(path: string, processes: Run['processes'] = 'all'): Run {
  return { path, server: 'bare library', processes };
}

function rates(one: Run, other: Run): Ratio['of'] {
  return (results) => quotient(results.get(keyOf(one))?.rate, results.get(keyOf(other))?.rate);
}

/** The bare library with one process or with all, whichever issues more. */
function overBetterBare(results: Results, what: 'rate' | 'p99'): number | undefined {
  const [better] = (['all', 'one'] as const)
    .flatMap((processes) => results.get(keyOf(bare('service-token', processes))) ?? [])
    .toSorted((one, other) => other.rate - one.rate);
  return quotient(results.get(keyOf(cardea('service-token')))?.[what], better?.[what]);
}

function quotient(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}
