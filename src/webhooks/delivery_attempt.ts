/**
 * One delivery attempt: the signed request, and what its response means.
 */
import type { Clock } from '../clock.ts';
import { epochSeconds } from '../clock.ts';
import { type AttemptResult, retryAfterOf } from '../deliveries/room.ts';
import type { Delivery } from '../storage/deliveries.ts';
import type { WebhookEndpoint } from './endpoints.ts';
import { webhookHeaders } from './signature.ts';

export type Send = (
  endpoint: WebhookEndpoint,
  delivery: Pick<Delivery, 'message' | 'payload'>,
  signal: AbortSignal,
) => Promise<AttemptResult>;

/** Never throws; `refused` is a receiver that wants no more (410). `fetch` comes from net/outbound.ts, which limits time, size and destination. */
export function createSend({
  fetch,
  clock,
}: {
  fetch: typeof globalThis.fetch;
  clock: Clock;
}): Send {
  return async (endpoint, { message: id, payload }, signal) => {
    const signed = { id, timestamp: epochSeconds(clock), payload };
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Cardea',
      ...webhookHeaders(signed, endpoint.secretsAt(clock.now())),
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
      // The response body does not matter.
      await response.body?.cancel();
      if (ok) return { result: 'delivered' };
      const reason = `status ${status}`;
      return status === 410
        ? { result: 'refused', reason }
        : { result: 'failed', reason, retryAfter };
    } catch (error) {
      return { result: 'failed', reason: failureReason(error), retryAfter: 0 };
    }
  };
}

/** The error's code, because error messages may contain the whole URL. */
function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const cause = error.cause instanceof Error ? error.cause : error;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
