/** The API beside an app: `api.js` in its folder, protected by `@cardea/verifier`. */
import { freePort } from '../../../harness/free_port.ts';
import { whileRunning } from '../processes.ts';
import type { Place } from '../program.ts';

const port = await freePort();

/** Where it listens; known before it runs, as apps are configured with it. */
export const apiUrl = `http://127.0.0.1:${port}`;

/** Runs the API of the app in this place while `use` runs. */
export function withApi<T>(place: Place, use: () => Promise<T>): Promise<T> {
  const { issuer, origin, folder } = place;
  const env = { ISSUER: issuer, PORT: String(port), APP_ORIGIN: origin };
  return whileRunning([process.execPath, 'api.js'], { folder, env }, async (api) => {
    await api.answersAt(apiUrl);
    const { status } = await fetch(`${apiUrl}/orders`);
    if (status !== 401) throw new Error(`the API answers ${status} without a token`);
    return use();
  });
}
