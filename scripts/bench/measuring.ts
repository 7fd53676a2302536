/**
 * Measures one run after the other. Servers start when they are first needed and stay, so that what is compared
 * is measured close together; one that is not asked costs nothing worth mention.
 */
import { type LoadResult, runLoad } from './load/load.ts';
import { type Processes, paths, type Run, type ServerKind } from './paths.ts';
import { startCardea } from './servers/cardea.ts';
import type { RunningServer } from './servers/running_server.ts';
import { opensslRate, startBare, startFloor } from './servers/yardsticks.ts';

/** Of openssl there is only the rate. */
export type Result = Pick<LoadResult, 'rate'> & Partial<LoadResult>;
/** By keyOf() of its run. */
export type Results = ReadonlyMap<string, Result>;

export type Bench = {
  /** Throws where the server gives a wrong answer before or after. */
  measure(run: Run): Promise<Result>;
  close(): Promise<void>;
};

export type BenchOptions = {
  workers: number;
  /** For each rate; whole ones. */
  seconds: number;
  /** Its address; each server gets a database of its own there. */
  mongodb: string | undefined;
};

export function createBench({ workers, seconds, mongodb }: BenchOptions): Bench {
  const servers = new Map<string, RunningServer>();

  const start = (kind: ServerKind, count: number): Promise<RunningServer> => {
    if (kind === 'bare library') return startBare(count);
    if (kind === 'node:http') return startFloor(count);
    if (kind === 'Cardea') return startCardea({ store: 'sqlite', workers: count });
    if (mongodb === undefined) throw new Error('no address of a MongoDB was given');
    return startCardea({ store: mongodb, workers: count });
  };

  const serverOf = async (kind: ServerKind, processes: Processes): Promise<RunningServer> => {
    const name = `${kind} ${processes}`;
    const server = servers.get(name) ?? (await start(kind, processes === 'all' ? workers : 1));
    servers.set(name, server);
    return server;
  };

  return {
    async measure({ path, server: kind, processes }) {
      if (kind === 'openssl') return { rate: opensslRate(workers, seconds) };
      const row = paths.find(({ name }) => name === path);
      if (!row) throw new Error(`no path ${path}`);
      const server = await serverOf(kind, processes);
      return runLoad(server, await row.prepare(server, seconds), seconds);
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

export function keyOf({ path, server, processes }: Run): string {
  return `${path}, ${server}, ${processes}`;
}
