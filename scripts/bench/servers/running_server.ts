/**
 * A server that is measured: a process of its own, with its children.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Paths. A server that lacks one is not asked there. */
export type Endpoints = {
  token: string;
  introspection: string;
  authorization: string;
  jwks: string;
};

export type RunningServer = {
  url: string;
  endpoints: Endpoints;
  /** CARDEA_STORE; empty where there is none. */
  store: string;
  /** Resident memory of each serving process, MB. */
  memory(): number[];
  /** Processor time of all its processes so far, ms. */
  cpuTime(): number;
  stop(): Promise<void>;
};

// An end by a signal is an end like any other: see `kill` below.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** The child is killed when this process ends, if nobody stopped it before. */
export function runningServer(
  child: ChildProcess,
  port: number,
  endpoints: Endpoints,
  store = '',
): RunningServer {
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const pid = Number(child.pid);
  return {
    url: `http://127.0.0.1:${port}`,
    ...{ endpoints, store },
    memory() {
      const children = descendantsOf(pid);
      return (children.length > 0 ? children : [pid]).map(residentMegabytes);
    },
    cpuTime: () => [pid, ...descendantsOf(pid)].reduce((sum, one) => sum + cpuMilliseconds(one), 0),
    async stop() {
      process.off('exit', kill);
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function descendantsOf(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)]),
  );
  const beneath = (parent: number): number[] =>
    [...parents]
      .filter(([, one]) => one === parent)
      .flatMap(([child]) => [child, ...beneath(child)]);
  return beneath(pid);
}

/** Undefined: it ended meanwhile. */
function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

const msOfTick = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system time, proc(5), fields 14 and 15. */
function cpuMilliseconds(pid: number): number {
  const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * msOfTick;
}
