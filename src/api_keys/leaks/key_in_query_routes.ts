/**
 * Refuses and reports keys in the query of endpoints that take them only in the body. It applies to every
 * method and any body: the key is in the logs already.
 */
import type { Middleware } from 'koa';
import { requestState } from '../../http/request_state.ts';
import { keyInQuery, keyInQueryError, type ReportLeak } from './key_in_query.ts';

/** Guards a route. Throws CardeaError `key_in_query` (400). */
export function createQueryGuard({ reportLeak }: { reportLeak: ReportLeak }): Middleware {
  return async function refuseKeyInQuery(ctx, next) {
    const key = ctx.querystring === '' ? undefined : keyInQuery(ctx.querystring);
    if (!key) return next();
    const { address, requestId } = requestState(ctx);
    ctx.set('Cache-Control', 'no-store');
    await reportLeak(key, { source: 'query_string', ip: address.ip, requestId });
    throw keyInQueryError();
  };
}
