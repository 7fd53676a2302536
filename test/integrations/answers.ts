/** What a recipe's program answers to whoever brings a token. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningApi } from './programs.ts';

export const invalid = [401, 'Bearer error="invalid_token"'];

/** Answers of the program as [status, challenge]. */
export async function call(
  { url }: RunningApi,
  token: string | undefined,
): Promise<[number, unknown]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers });
  await response.body?.cancel();
  return [response.status, response.headers.get('www-authenticate')];
}

/** Asks again until it answers so; fails when it never does. */
export async function until(api: RunningApi, token: string, status: number): Promise<void> {
  const patience = AbortSignal.timeout(30_000);
  for (;;) {
    const [answered] = await call(api, token);
    if (answered === status) return;
    if (patience.aborted) assert.fail(`still ${answered}, not ${status}:\n${api.logged()}`);
    await sleep(50);
  }
}
