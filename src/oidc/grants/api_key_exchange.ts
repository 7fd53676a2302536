/**
 * The exchange of an API key at the token endpoint. The key is its own authentication, which the library does
 * not know of: it parses the request, finds no client, and its refusal is replaced by what the exchange answers.
 */
import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { KeyExchange } from '../../api_keys/room.ts';
import type { Audit } from '../../audit/room.ts';
import { tokenExchange } from '../../definitions/oauth.ts';
import { fingerprint } from '../../digests.ts';
import { requestState } from '../../http/request_state.ts';
import { ownAddress } from '../../net/client_address.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { apiKeyType, exchangeAnswer, parseExchange } from './exchange_request.ts';

const clientParameters = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
];

export function createApiKeyExchange({
  keyExchange,
  audit,
  metrics,
}: {
  keyExchange: Pick<KeyExchange, 'exchange'>;
  audit: Pick<Audit, 'recordSoon'>;
  metrics: Pick<Metrics, 'countToken'>;
}): Middleware {
  const answer = async (ctx: Context, params: Record<string, unknown>) => {
    const state = requestState(ctx);
    ctx.remove('WWW-Authenticate');
    state.logFields.error = undefined;
    const request = parseExchange(params);
    const { issued, record, scopes } = await keyExchange.exchange({
      key: request.subjectToken,
      target: request.target,
      scopes: request.scopes,
      ip: ownAddress(state.address),
    });
    ctx.status = 200;
    ctx.body = exchangeAnswer(issued, scopes);
    metrics.countToken({ grantType: tokenExchange, clientKind: 'confidential' });
    await audit.recordSoon({
      type: 'token.issued',
      outcome: 'success',
      userId: record.userId,
      requestId: state.requestId,
      ip: state.address.ip,
      details: {
        grant_type: tokenExchange,
        api_key: record.id,
        scope: scopes.join(' '),
        audience: record.api,
        token: fingerprint(issued.jti),
      },
    });
  };

  return async function exchangeApiKey(ctx, next) {
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    const params = oidc?.params as Record<string, unknown> | undefined;
    if (params?.grant_type !== tokenExchange || params.subject_token_type !== apiKeyType) return;
    // Whoever says which client it is must prove it, although it need not say so.
    const { error } = (ctx.body ?? {}) as { error?: unknown };
    if (namesClient(ctx as Context, params) && error !== 'unauthorized_client') return;
    // The library's refusal of a request without a client is none.
    requestState(ctx).failure = undefined;
    requestState(ctx).refusal = undefined;
    await answer(ctx as Context, params);
  };
}

/** A client that has proved itself is told that it is not authorized: by an exchange of its own it gets no token. */
function namesClient(ctx: Context, params: Record<string, unknown>): boolean {
  const isNamed = clientParameters.some((name) => params[name] !== undefined);
  return isNamed || ctx.get('Authorization') !== '';
}
