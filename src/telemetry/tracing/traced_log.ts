/**
 * A log whose lines name the trace that they belong to.
 */
import type { Log } from '../log.ts';
import type { Spans } from './spans.ts';

/** The same log; what is logged for a request gets its `trace_id`. */
export function withTraceIds(log: Log, { traceId }: Pick<Spans, 'traceId'>): Log {
  const named = (fields: object) => {
    const id = traceId();
    return id === undefined ? fields : { ...fields, trace_id: id };
  };
  return {
    fatal: (fields, message) => log.fatal(named(fields), message),
    error: (fields, message) => log.error(named(fields), message),
    warn: (fields, message) => log.warn(named(fields), message),
    info: (fields, message) => log.info(named(fields), message),
    debug: (fields, message) => log.debug(named(fields), message),
    isDebug: log.isDebug,
    child: (fields) => withTraceIds(log.child(fields), { traceId }),
  };
}
