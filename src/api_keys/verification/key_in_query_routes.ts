/**
 * A key in the query of an endpoint that takes keys in its body alone: refused and told of. Neither what the body
 * says nor the method matters; the key is in logs.
 */
import type { Middleware } from 'koa';
import { requestState } from '../../http/request_state.ts';
import { keyInQuery, keyInQueryError, type ReportLeak } from '../leaks/key_in_query.ts';

/** The paths (below the issuer's) that take keys, with their routes' names. */
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
