/** A port for a part of the demonstration: the one that the README names, or the next that no program holds. */
import { once } from 'node:events';
import { createServer } from 'node:net';

const mostTried = 50;

/** On loopback, from `preferred` on. Throws where none of fifty is free. */
export async function nextFreePort(preferred: number): Promise<number> {
  for (let port = preferred; port < preferred + mostTried; port += 1) {
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${preferred} on is free`);
}

async function isFree(port: number): Promise<boolean> {
  const trial = createServer().listen(port, '127.0.0.1');
  try {
    await once(trial, 'listening');
  } catch {
    return false;
  }
  trial.close();
  await once(trial, 'close');
  return true;
}
