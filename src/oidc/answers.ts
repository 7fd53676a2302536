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
  /** Seconds after which whoever follows the status lists refuses a revoked token. */
  effectiveWithin: number;
}): Middleware {
  return async function completeAnswer(ctx, next) {
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (oidc?.route === 'revocation' && ctx.status === 200) {
      // RFC 7009 section 2.2: 200 in either case; clients that expect no body ignore it.
      ctx.body = {
        revoked: links.of(ctx).revoked !== undefined,
        effective_within: effectiveWithin,
      };
    }
    const succeeded = ctx.status === 200 || ctx.status === 201;
    if (succeeded && oidc && registrationRoutes.has(oidc.route)) {
      ctx.body = publicMetadata(ctx.body as Record<string, unknown>);
    }
  };
}
