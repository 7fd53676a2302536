/** Programs that are web apps: they hear of their client by the environment, and listen where it is registered. */
import { join } from 'node:path';
import { start } from './processes.ts';
import type { Place } from './program.ts';

/**
 * Runs `program` of the folder with ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN and ADDRESS, uses it as soon as it
 * answers, and ends it. @throws with what it wrote where `use` throws
 */
export async function whileServing<T>(
  { issuer, origin, port, folder }: Place,
  client: { client_id?: string; client_secret?: string },
  use: () => Promise<T>,
): Promise<T> {
  const env = {
    ISSUER: issuer,
    CLIENT_ID: client.client_id ?? '',
    CLIENT_SECRET: client.client_secret ?? '',
    ORIGIN: origin,
    ADDRESS: `127.0.0.1:${port}`,
  };
  const app = start(join(folder, 'program'), [], { folder, env });
  try {
    await app.answersAt(origin);
    return await use();
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nIt wrote:\n${app.output()}`, { cause });
  } finally {
    await app.stop();
  }
}
