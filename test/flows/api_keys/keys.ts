/** Keys in a store, put there as the service does, and questions about them over HTTP. */
import { systemClock } from '../../../src/clock.ts';
import type { ApiKeyRecord } from '../../../src/storage/api_keys.ts';
import { openStore } from '../../../src/storage/open.ts';
import { createKeeper, orders } from '../../api_keys/verifiers.ts';
import { basic } from '../../support/flows.ts';

export const apiSecret = 'a secret of the API orders, long enough';
export const stockSecret = 'a secret of the API stock, long enough';

export async function openKeeper(url: string) {
  const store = await openStore({ url });
  const keeper = createKeeper(store, systemClock);
  return {
    store,
    ...keeper,
    /** Of a project of its own. */
    async newKey(members: Partial<ApiKeyRecord> = {}) {
      const project = await keeper.project({ api: members.api ?? orders });
      return keeper.key({ projectId: project.id, ...members });
    },
  };
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
