/**
 * Several nodes that share one store and one issuer, within this process or as processes of their own.
 */

import { freePort } from '../../harness/free_port.ts';
import { startProcessServer } from '../../harness/process_server.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts';

export type TestNode = { issuer: string; url: string; close(): Promise<unknown> };
export type Nodes = [TestNode, TestNode];
export type NodesOptions = Omit<TestServerOptions, 'issuer'>;

/** Two nodes in this process. The first one's address is the issuer. */
export async function startNodes(options: NodesOptions): Promise<[TestServer, TestServer]> {
  const first = await startTestServer(options);
  const second = await startTestServer({ ...options, issuer: first.issuer });
  return [first, second];
}

/** Two nodes as processes of their own that start at the same time, each with `workers` worker processes. */
export async function startProcessNodes(
  options: Omit<NodesOptions, 'clock'> & { workers?: number },
): Promise<Nodes> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const [first, second] = await Promise.all([
    startProcessServer({ ...options, issuer, port }),
    startProcessServer({ ...options, issuer }),
  ]);
  return [
    { ...first, close: first.kill },
    { ...second, close: second.kill },
  ];
}
