/**
 * A connection to a MongoDB server that a test can cut, silence and mend.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { MongoClient } from 'mongodb';

export type Proxy = {
  /** The same database through the proxy. */
  url: string;
  /** Ends all connections and accepts no more. */
  cut(): Promise<void>;
  /** Passes nothing on any more, in either direction, and ends nothing: a lost cable. */
  silence(): void;
  /** Falls silent as soon as the next command that matches (its bytes as Latin-1 text) has been answered. */
  silenceAfter(command: RegExp): void;
  mend(): Promise<void>;
  close(): Promise<void>;
};

export async function proxyTo(url: string): Promise<Proxy> {
  const { host, port } = await primaryOf(url);
  const sockets = new Set<Socket>();
  let silent = false;
  let last: RegExp | undefined;
  let door: Server | undefined;
  let own = 0;

  function accept(near: Socket) {
    const far = connect(port, host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (silent) return;
        to.write(data);
        if (from !== near || !last?.test(data.toString('latin1'))) return;
        last = undefined;
        far.once('data', () => {
          silent = true;
        });
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!silent) to.destroy();
      });
    }
  }
  async function open() {
    door = createServer(accept);
    door.listen(own, '127.0.0.1');
    await once(door, 'listening');
    const address = door.address();
    if (address && typeof address === 'object') own = address.port;
  }
  async function cut() {
    const closed = door?.listening ? once(door, 'close') : undefined;
    door?.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await open();
  const [, scheme, , path, query = ''] =
    /^(mongodb:\/\/(?:[^/@]*@)?)([^/]*)(\/[^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  if (!scheme) throw new Error('the proxy needs a mongodb:// address');
  const options = new URLSearchParams(query);
  // Or else the driver learns the members' own addresses and goes past the proxy.
  options.delete('replicaSet');
  options.set('directConnection', 'true');
  return {
    url: `${scheme}127.0.0.1:${own}${path}?${options}`,
    cut,
    silence() {
      silent = true;
    },
    silenceAfter(command) {
      last = command;
    },
    async mend() {
      await cut();
      silent = false;
      await open();
    },
    close: cut,
  };
}

async function primaryOf(url: string): Promise<{ host: string; port: number }> {
  const client = new MongoClient(url);
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    const address: string = hello.primary ?? client.options.hosts[0]?.toString();
    const { hostname, port } = new URL(`mongodb://${address}`);
    return { host: hostname, port: Number(port || 27017) };
  } finally {
    await client.close();
  }
}
