/**
 * A port on loopback for a server that is about to start, or that starts more than once. It lies below the ports that
 * systems give to outgoing connections, so none of those takes it meanwhile; and no other process of the tests gets it.
 */
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [lowest, highest] = [10_000, 32_000];
/** One file for each port that a process of the tests has. */
const claims = join(tmpdir(), 'cardea-test-ports');
const own = new Set<string>();
process.on('exit', () => {
  for (const claim of own) rmSync(claim, { force: true });
});

export async function freePort(): Promise<number> {
  mkdirSync(claims, { recursive: true });
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (claim(port) && (await isFree(port))) return port;
  }
}

/** False: another process has it, or this one. A process that was killed leaves its claims: others stay enough. */
function claim(port: number): boolean {
  const file = join(claims, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  own.add(file);
  return true;
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
