/** Keys in a store, put there as the service does, and questions about them over HTTP. */

import { systemClock } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createKeeper } from '../../api_keys/verifiers.ts';
import { basic } from '../../support/flows.ts';

export const apiSecret = 'a secret of the API orders, long enough';
export const stockSecret = 'a secret of the API stock, long enough';

export async function openKeeper(
  url: string,
): Promise<ReturnType<typeof createKeeper> & { store: Store }> {
  const store = await openStore({ url });
  return { store, ...createKeeper(store, systemClock) };
}

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

export function asOrders(): string {
  return basic('orders-api', apiSecret);
}

/** `body`: an object, or the text to send as it is. */
export async function ask(
  url: string,
  body: unknown,
  authorization = asOrders(),
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/api-keys/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}
