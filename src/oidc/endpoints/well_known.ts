/**
 * Discovery (OpenID Connect Discovery 4, RFC 8414) and the JWKS, served from memory. Public facts: any page
 * may read them. Discovery is computed by the library once for each Provider; both well-known names answer
 * with the same facts.
 */
import type { Context, Middleware } from 'koa';
import { sha256 } from '../../digests.ts';
import { requestState } from '../../http/request_state.ts';
import type { PublicJwks } from '../../signing_keys/room.ts';
import { withinTime } from '../../time_limit.ts';
import type { FollowSigningKeys } from '../../tokens/room.ts';
import type { ProviderHost } from '../engine/provider_host.ts';

const discoveryPaths = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
]);
const jwksPath = '/.well-known/jwks.json';
const discoveryMaxAge = 300;
/** Milliseconds: without the store the keys are served as they are known. */
const longestFollowing = 1000;

type Document = { body: string; etag: string; maxAge: number; type: string };

export function createWellKnown({
  host,
  followSigningKeys,
  jwks,
}: {
  host: ProviderHost;
  followSigningKeys: FollowSigningKeys;
  /** With every key that may sign by now. */
  jwks: () => Promise<PublicJwks>;
}): Middleware {
  const discoveryOf = new WeakMap<object, Document>();

  const discovery = async (ctx: Context): Promise<Document | undefined> => {
    const provider = host.current();
    const known = discoveryOf.get(provider);
    if (known) return known;
    await host.middleware(ctx, async () => {});
    // A failure is answered, not kept.
    if (ctx.status !== 200) return undefined;
    const body = JSON.stringify(ctx.body);
    const document = {
      body,
      etag: `"${sha256(body)}"`,
      maxAge: discoveryMaxAge,
      type: 'application/json',
    };
    discoveryOf.set(provider, document);
    return document;
  };

  /** A key that had to sign at once, in an emergency, is in there as soon as somebody can have met it. */
  const currentJwks = async () => {
    const following = followSigningKeys().catch(() => undefined);
    await withinTime(following, longestFollowing, undefined);
    return jwks();
  };

  return async function wellKnown(ctx, next) {
    const isJwks = ctx.path === jwksPath;
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!isRead || !(isJwks || discoveryPaths.has(ctx.path))) return next();
    requestState(ctx).route = isJwks ? 'jwks' : 'discovery';
    const document = isJwks
      ? { ...(await currentJwks()), type: 'application/jwk-set+json' }
      : await discovery(ctx as Context);
    if (!document) return;
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.set('Cache-Control', `public, max-age=${document.maxAge}`);
    ctx.set('ETag', document.etag);
    ctx.status = 200;
    ctx.type = document.type;
    ctx.body = document.body;
    if (ctx.fresh) ctx.status = 304;
  };
}
