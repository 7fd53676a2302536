/**
 * Where the library's answer is not yet ours: revocation says what it did and by when it holds and
 * registration shows RFC 7591 members only.
 */
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { publicMetadata } from './client_metadata.ts';
import type { RequestLinks } from './request_links.ts';

const registrationRoutes = new Set(['registration', 'client', 'client_update']);

export function createAnswers({
  links,
  effectiveWithin,
}: {
  links: RequestLinks;
  /** Seconds; said of whatever was not revoked now: it may have been, a moment ago. */
  effectiveWithin: number;
}): Middleware {
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
    const succeeded = ctx.status === 200 || ctx.status === 201;
    if (succeeded && oidc && registrationRoutes.has(oidc.route)) {
      ctx.body = publicMetadata(ctx.body as Record<string, unknown>);
    }
  };
}
