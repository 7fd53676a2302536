/** A port on loopback that no program holds, for a server that is about to start. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The system may give a port again as soon as it is free; whoever asks for two wants two. */
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (;;) {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}
