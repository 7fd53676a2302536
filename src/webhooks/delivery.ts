/**
 * One attempt: the signed request, and what its answer says.
 */
import type { Clock } from '../clock.ts';
import { epochSeconds } from '../clock.ts';
import type { WebhookDelivery } from '../storage/webhook_deliveries.ts';
import type { Endpoint } from './endpoints.ts';
import { retryAfterOf } from './retries.ts';
import { webhookHeaders } from './signature.ts';

export type Attempt =
  | { result: 'delivered' }
  /** The receiver wants no more of it (410). */
  | { result: 'refused'; reason: string }
  /** `retryAfter`: milliseconds. */
  | { result: 'failed'; reason: string; retryAfter: number };

export type Send = (
  endpoint: Endpoint,
  delivery: Pick<WebhookDelivery, 'message' | 'payload'>,
  signal: AbortSignal,
) => Promise<Attempt>;

/** Never throws. `fetch`: net/outbound.ts, with its bounds of time, size and place. */
export function createSend({
  fetch,
  clock,
}: {
  fetch: typeof globalThis.fetch;
  clock: Clock;
}): Send {
  return async (endpoint, { message: id, payload }, signal) => {
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Cardea',
      ...webhookHeaders({ id, timestamp: epochSeconds(clock), payload }, endpoint.secrets),
    };
    try {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        headers,
        body: payload,
        signal,
      });
      const { status, ok } = response;
      const retryAfter = retryAfterOf(response.headers.get('retry-after'), clock.now());
      // What it says beyond that is not read.
      await response.body?.cancel();
      if (ok) return { result: 'delivered' };
      const reason = `status ${status}`;
      return status === 410
        ? { result: 'refused', reason }
        : { result: 'failed', reason, retryAfter };
    } catch (error) {
      return { result: 'failed', reason: reasonOf(error), retryAfter: 0 };
    }
  };
}

/** The code of what went wrong: texts of errors may name the whole address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const cause = error.cause instanceof Error ? error.cause : error;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
