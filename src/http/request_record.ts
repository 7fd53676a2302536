/**
 * A request's id, and what is on record of it once it is over: one line in the log, its measurements, and its span. The line
 * names the route, never the URL, a query or a body.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Log } from '../telemetry/log.ts';
import { bounded } from '../telemetry/log_fields.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { RequestSpan } from '../telemetry/tracing/spans.ts';
import type { RequestState } from './request_state.ts';
import { spanOutcome } from './traced_requests.ts';

/** `startedAt`: by performance.now(). */
export type RecordRequest = (
  res: ServerResponse,
  request: { state: RequestState; method: string; startedAt: number },
) => ForgetRequest;

/** Undoes that a request is recorded: somebody else does it. */
type ForgetRequest = () => void;

/** Records a request when its connection is done with it, whether or not it was answered. */
export function createRequestRecorder({
  log,
  metrics,
  spanOf,
}: {
  log: Pick<Log, 'debug' | 'info'>;
  metrics: Pick<Metrics, 'observeRequest'>;
  /** Undefined: no traces. */
  spanOf?: ((res: ServerResponse) => RequestSpan | undefined) | undefined;
}): RecordRequest {
  return function recordWhenClosed(res, { state, method, startedAt }) {
    const { requestId, address, match } = state;
    const span = spanOf?.(res);
    const recordNow = () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const { statusCode: status, writableFinished } = res;
      const { name: route } = match;
      metrics.observeRequest({ route, method, status, aborted: !writableFinished, seconds });
      const level = status < 400 ? match.route?.log : undefined;
      log[level ?? 'info'](
        {
          ...bounded(state.logFields),
          request_id: requestId,
          trace_id: span?.traceId,
          ...{ method, route },
          status,
          duration_ms: Math.round(seconds * 1e5) / 100,
          ip: address.ip,
          ...(writableFinished ? {} : { aborted: true }),
        },
        'request',
      );
      span?.end(spanOutcome(state, { method, status, aborted: !writableFinished }));
    };
    // Emitted once.
    res.on('close', recordNow);
    return () => void res.off('close', recordNow);
  };
}

/**
 * A trusted proxy's id is kept, so that its log and ours meet; anybody else's could forge entries. A UUID,
 * because the runtime draws its randomness in advance: 10 µs less for each request.
 */
export function chooseRequestId(offered: string, trusted: boolean): string {
  return trusted && /^[A-Za-z0-9_.-]{1,64}$/.test(offered) ? offered : randomUUID();
}
