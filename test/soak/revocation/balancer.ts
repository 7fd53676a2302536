/**
 * What stands before the nodes: each connection goes to one of them in turn, or to another when that one does
 * not answer. When a node dies, its connections break, and nothing else happens.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Balancer = { url: string; close(): void };

/** `ports`: of nodes on this machine; asked for at each connection. */
export async function startBalancer(ports: () => readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;

  const join = (client: Socket, candidates: readonly number[]) => {
    const [port, ...others] = candidates;
    if (port === undefined) return client.destroy();
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    let connected = false;
    upstream.once('connect', () => {
      connected = true;
      open.add(upstream);
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => {
      if (!connected) join(client, others);
    });
    upstream.on('close', () => {
      open.delete(upstream);
      if (connected) client.destroy();
    });
    client.on('close', () => upstream.destroy());
  };

  const server = createServer({ noDelay: true }, (client) => {
    open.add(client);
    client.on('error', () => {});
    client.on('close', () => open.delete(client));
    const all = ports();
    turn += 1;
    const first = turn % all.length;
    join(client, [...all.slice(first), ...all.slice(0, first)]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
