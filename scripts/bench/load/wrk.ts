/**
 * Load from wrk, which takes far less of the processor than any client in Node would.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Measurement } from '../../../harness/load.ts';

const script = fileURLToPath(new URL('./requests.lua', import.meta.url));

export const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

type Report = Omit<Measurement, 'rate'> & { elapsedMs: number };

/** Sends the requests in turn, over and over, for whole seconds. All but 2xx and 3xx are failures. */
export async function loadWithWrk(
  url: string,
  requests: readonly string[],
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-wrk-'));
  const list = join(folder, 'list.lua');
  // What JSON escapes in ASCII, Lua reads alike.
  writeFileSync(list, `return {${requests.map((one) => JSON.stringify(one)).join(',\n')}}`);
  try {
    const measured = [`-c${connections}`, '-t1', `-d${Math.ceil(seconds)}s`];
    const { stdout } = await promisify(execFile)('wrk', [
      ...measured,
      '-s',
      script,
      url,
      '--',
      list,
    ]);
    const { elapsedMs, ...report }: Report = JSON.parse(stdout.slice(stdout.lastIndexOf('\n{')));
    return { ...report, rate: ((report.requests - report.failures) * 1000) / elapsedMs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
