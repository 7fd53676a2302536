/**
 * Where the library's answer is not yet ours: revocation says what it did and by when it holds,
 * registration shows RFC 7591 members only, and both introspection and revocation know API keys.
 */
import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { ApiKeysRoom } from '../api_keys/room.ts';
import { requestState } from '../http/request_state.ts';
import { publicMetadata } from './client_metadata.ts';
import type { RequestLinks } from './request_links.ts';

type IntrospectionBody = { active?: unknown } | undefined;

const registrationRoutes = new Set(['registration', 'client', 'client_update']);

export function createAnswers({
  links,
  effectiveWithin,
  apiKeys,
}: {
  links: RequestLinks;
  /** Seconds; said of whatever was not revoked now: it may have been, a moment ago. */
  effectiveWithin: number;
  apiKeys: Pick<ApiKeysRoom, 'introspect' | 'revoke'>;
}): Middleware {
  /** The library has authenticated the client, and found no token of its own: it may be a key. */
  const asked = ({ client, params }: KoaContextWithOIDC['oidc']) => {
    const token = params?.token;
    const isConfidential = client && client.clientAuthMethod !== 'none';
    return isConfidential && typeof token === 'string'
      ? { clientId: client.clientId, token }
      : undefined;
  };

  const introspect = async (oidc: KoaContextWithOIDC['oidc']) => {
    const key = asked(oidc);
    return key && apiKeys.introspect(key.clientId, key.token);
  };

  const revokeKey = async (ctx: Context, oidc: KoaContextWithOIDC['oidc']) => {
    const key = asked(oidc);
    const { requestId, address } = requestState(ctx);
    const by = { requestId, ip: address.ip };
    return key && apiKeys.revoke(key.clientId, key.token, by);
  };

  return async function completeAnswer(ctx, next) {
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (oidc?.route === 'revocation' && ctx.status === 200) {
      // RFC 7009 section 2.2: 200 in either case; clients that expect no body ignore it.
      const within =
        links.of(ctx).revoked?.effectiveWithin ?? (await revokeKey(ctx as Context, oidc));
      ctx.body = { revoked: within !== undefined, effective_within: within ?? effectiveWithin };
    }
    if (oidc?.route === 'introspection' && (ctx.body as IntrospectionBody)?.active === false) {
      ctx.body = (await introspect(oidc)) ?? ctx.body;
    }
    const succeeded = ctx.status === 200 || ctx.status === 201;
    if (succeeded && oidc && registrationRoutes.has(oidc.route)) {
      ctx.body = publicMetadata(ctx.body as Record<string, unknown>);
    }
  };
}
