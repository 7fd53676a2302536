/** The API beside an app: `api.js` in its folder, protected by `@cardea/verifier`. */
import { join } from 'node:path';
import { freePort } from '../../harness/free_port.ts';
import { start } from './processes.ts';
import type { Place } from './program.ts';

const port = await freePort();

/** Where it listens; known before it runs, as apps are configured with it. */
export const apiUrl = `http://127.0.0.1:${port}`;

/** Runs the API of the app in this place while `use` runs. */
export async function withApi<T>(place: Place, use: () => Promise<T>): Promise<T> {
  const { issuer, origin, folder } = place;
  const env = { ISSUER: issuer, PORT: String(port), APP_ORIGIN: origin };
  const api = start(process.execPath, ['api.js'], { folder: join(folder, 'app'), env });
  try {
    await api.answersAt(apiUrl);
    const { status } = await fetch(`${apiUrl}/orders`);
    if (status !== 401) throw new Error(`the API answers ${status} without a token`);
    return await use();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${api.output()}`, { cause: error });
  } finally {
    await api.stop();
  }
}
