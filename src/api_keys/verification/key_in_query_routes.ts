/**
 * Refuses and reports keys in the query of endpoints that take them only in the body. It applies to every
 * method and any body: the key is in the logs already.
 */
import type { Middleware } from 'koa';
import { requestState } from '../../http/request_state.ts';
import { keyInQuery, keyInQueryError, type ReportLeak } from '../leaks/key_in_query.ts';

/** The paths (relative to the issuer) that take keys, and the names of their routes. */
const routes: ReadonlyMap<string, string> = new Map([
  ['/api-keys/verify', 'api_key_verification'],
  ['/token', 'token'],
  ['/introspect', 'introspection'],
  ['/revoke', 'revocation'],
]);

export function createQueryGuard({ reportLeak }: { reportLeak: ReportLeak }): Middleware {
  return async function refuseKeysInQuery(ctx, next) {
    if (ctx.querystring === '') return next();
    const route = routes.get(ctx.path);
    const key = route && keyInQuery(ctx.querystring);
    if (!key) return next();
    const { address, requestId } = requestState(ctx);
    requestState(ctx).route = route;
    ctx.set('Cache-Control', 'no-store');
    await reportLeak(key, { source: 'query_string', ip: address.ip, requestId });
    throw keyInQueryError();
  };
}
