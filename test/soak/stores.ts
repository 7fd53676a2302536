/**
 * The stores that a soak runs on: a new SQLite file, and a new database on the MongoDB that was named.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `mongodb`: a server's address (mongodb://host:port/), or undefined. */
export async function soakStores(
  mongodb: string | undefined,
): Promise<{ name: string; url: string }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-soak-'));
  const stores = [{ name: 'SQLite', url: `sqlite:${join(folder, 'cardea.db')}` }];
  if (mongodb) {
    const url = new URL(mongodb);
    url.pathname = `/cardea_soak_${Date.now()}`;
    stores.push({ name: 'MongoDB', url: url.href });
  }
  return stores;
}
