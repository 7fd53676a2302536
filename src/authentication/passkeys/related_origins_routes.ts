/**
 * Who else may use the passkeys of the issuer's host (WebAuthn Level 3 section 5.11): browsers ask it of the host itself.
 */
import type { Middleware } from 'koa';

/** Undefined: nobody else. */
export function serveRelatedOrigins({
  issuer,
  origins,
}: {
  issuer: string;
  origins: readonly string[];
}): Middleware | undefined {
  if (origins.length === 0) return undefined;
  const body = JSON.stringify({ origins: [new URL(issuer).origin, ...origins] });
  return async function serveRelatedOriginsDocument(ctx) {
    ctx.status = 200;
    ctx.set('Cache-Control', 'public, max-age=300');
    ctx.type = 'application/json';
    ctx.body = body;
  };
}
