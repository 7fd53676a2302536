/**
 * The demonstration of development mode where `npm start` has it, on a store of its own.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startDemoApi } from '../../demo/api.ts';
import { startDemoApp } from '../../demo/app.ts';
import { startProcessServer } from '../../harness/process_server.ts';

export const issuer = 'http://localhost:3000';
export const shop = 'http://localhost:8080';
const api = 'http://localhost:8081';

/** Runs while `use` does. `more`: what its file has besides. */
export async function withDemonstration<Result>(
  use: () => Promise<Result>,
  more: object = {},
): Promise<Result> {
  const store = await mkdtemp(join(tmpdir(), 'cardea-pictures-'));
  const file = new URL('../../demo/cardea.yaml', import.meta.url);
  const cardea = await startProcessServer({
    store: `sqlite:${join(store, 'cardea.db')}`,
    ...{ issuer, port: 3000 },
    declaration: { ...parse(await readFile(file, 'utf8')), ...more },
  });
  const demonstration = [
    await startDemoApi({ issuer, port: 8081 }),
    await startDemoApp({ issuer, port: 8080, api }),
  ];
  try {
    return await use();
  } finally {
    await Promise.all(demonstration.map(close));
    await cardea.stop();
    await rm(store, { recursive: true });
  }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
