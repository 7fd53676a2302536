/**
 * Where the library's answer is not yet ours: revocation says what it did and by when it holds,
 * registration shows RFC 7591 members only, and introspection knows API keys.
 */
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { publicMetadata } from './client_metadata.ts';
import type { RequestLinks } from './request_links.ts';

/** Answers undefined for what is no API key that this client may know of. */
export type IntrospectKey = (clientId: string, token: string) => Promise<object | undefined>;

type IntrospectionBody = { active?: unknown } | undefined;

const registrationRoutes = new Set(['registration', 'client', 'client_update']);

export function createAnswers({
  links,
  effectiveWithin,
  introspectKey,
}: {
  links: RequestLinks;
  /** Seconds; said of whatever was not revoked now: it may have been, a moment ago. */
  effectiveWithin: number;
  introspectKey: IntrospectKey;
}): Middleware {
  /** The library has authenticated the client, and found no token of its own. */
  const introspect = async ({ client, params }: KoaContextWithOIDC['oidc']) => {
    const token = params?.token;
    if (!client || client.clientAuthMethod === 'none' || typeof token !== 'string') {
      return undefined;
    }
    return introspectKey(client.clientId, token);
  };

  return async function completeAnswer(ctx, next) {
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (oidc?.route === 'revocation' && ctx.status === 200) {
      // RFC 7009 section 2.2: 200 in either case; clients that expect no body ignore it.
      const { revoked } = links.of(ctx);
      ctx.body = {
        revoked: revoked !== undefined,
        effective_within: revoked?.effectiveWithin ?? effectiveWithin,
      };
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
