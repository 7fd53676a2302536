/**
 * Where the library's answer is not yet ours: registration shows RFC 7591 members only.
 */
import type { Middleware } from 'koa';
import { publicMetadata } from '../clients/client_metadata.ts';

/** Of registration, and of reading and changing what was registered. */
export const showPublicMetadata: Middleware = async function showPublicMetadataLayer(ctx, next) {
  await next();
  if (ctx.status !== 200 && ctx.status !== 201) return;
  ctx.body = publicMetadata(ctx.body as Record<string, unknown>);
};
