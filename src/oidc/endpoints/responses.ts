/**
 * Where the library's answer is not yet ours: revocation says what it did and by when it holds,
 * registration shows RFC 7591 members only, and both introspection and revocation know API keys. An API that
 * introspects a token which comes of a key uses the key.
 */
import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { ApiKeysRoom } from '../../api_keys/room.ts';
import { CardeaError } from '../../errors.ts';
import { requestState } from '../../http/request_state.ts';
import { parseAddress } from '../../net/networks.ts';
import { apiKeysBehind } from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import { publicMetadata } from '../clients/client_metadata.ts';
import { presentedJwt } from '../records/presented_jwt.ts';
import type { Refusals } from './refusals.ts';
import { revokedWithin } from './token_revocation.ts';

type IntrospectionBody = { active?: unknown; aud?: string | string[] } | undefined;

export type Responses = {
  introspection: Middleware;
  revocation: Middleware;
  /** Of registration, and of reading and changing what was registered. */
  registration: Middleware;
};

export function createResponses({
  effectiveWithin,
  apiKeys,
  refusals,
}: {
  /** Seconds; said of whatever was not revoked now: it may have been, a moment ago. */
  effectiveWithin: number;
  apiKeys: Pick<ApiKeysRoom, 'introspectKey' | 'introspectToken' | 'revoke'>;
  refusals: Pick<Refusals, 'ofToken'>;
}): Responses {
  /** The library has authenticated the client, and found no token of its own: it may be a key. */
  const asked = ({ client, params }: KoaContextWithOIDC['oidc']) => {
    const token = params?.token;
    const isConfidential = client && client.clientAuthMethod !== 'none';
    return isConfidential && typeof token === 'string'
      ? { clientId: client.clientId, token }
      : undefined;
  };

  const introspect = async (ctx: Context, oidc: KoaContextWithOIDC['oidc']) => {
    const question = asked(oidc);
    if (!question) return;
    const { clientId, token } = question;
    const jwt = presentedJwt(ctx);
    const use = { ip: addressIn(oidc.body), asOf: clientAsOf(ctx) };
    const { active, aud } = ctx.body as NonNullable<IntrospectionBody>;
    const answer = active
      ? await apiKeys.introspectToken(
          clientId,
          { audiences: [aud ?? []].flat(), keyIds: apiKeysBehind(jwt?.principals ?? {}) },
          use,
        )
      : await apiKeys.introspectKey(clientId, token, use);
    ctx.set(answer?.headers ?? {});
    ctx.body = answer?.body ?? ctx.body;
  };

  const revokeKey = async (ctx: Context, oidc: KoaContextWithOIDC['oidc']) => {
    const key = asked(oidc);
    const { requestId, address } = requestState(ctx);
    const by = { requestId, ip: address.ip };
    return key && apiKeys.revoke(key.clientId, key.token, by);
  };

  /** It is no error, and tells nothing to the caller. */
  const explain = (ctx: Context, outcome: 'inactive' | 'not_revoked') => {
    requestState(ctx).refusal = async () => ({
      outcome,
      ...(await refusals.ofToken(ctx as unknown as KoaContextWithOIDC)),
    });
  };

  /** `complete` gets what the library has answered with success. */
  const completing = (
    complete: (ctx: Context, oidc: KoaContextWithOIDC['oidc']) => Promise<void>,
  ): Middleware =>
    async function completeResponse(ctx, next) {
      await next();
      const { oidc } = ctx as unknown as KoaContextWithOIDC;
      if (ctx.status === 200 || ctx.status === 201) await complete(ctx as Context, oidc);
    };

  return {
    introspection: completing(async (ctx, oidc) => {
      await introspect(ctx, oidc);
      if ((ctx.body as IntrospectionBody)?.active === false) explain(ctx, 'inactive');
    }),

    revocation: completing(async (ctx, oidc) => {
      // RFC 7009 section 2.2: 200 in either case; clients that expect no body ignore it.
      const within = revokedWithin(ctx) ?? (await revokeKey(ctx, oidc));
      ctx.body = { revoked: within !== undefined, effective_within: within ?? effectiveWithin };
      if (within === undefined) explain(ctx, 'not_revoked');
    }),

    registration: completing(async (ctx) => {
      ctx.body = publicMetadata(ctx.body as Record<string, unknown>);
    }),
  };
}

/** `ip`: the address that uses what is introspected, as the API says. Throws CardeaError 400. */
function addressIn(body: unknown): string | undefined {
  const { ip } = (body ?? {}) as { ip?: unknown };
  if (ip === undefined || ip === '') return undefined;
  if (typeof ip === 'string' && parseAddress(ip)) return ip;
  throw new CardeaError({
    code: 'invalid_request',
    status: 400,
    message: 'ip must be an IPv4 or IPv6 address, given once',
  });
}
