/**
 * Discovery (OpenID Connect Discovery 4, RFC 8414) and the JWKS, served from memory. Public facts: any page
 * may read them. Discovery is computed by the library once for each Provider; both well-known names answer
 * with the same facts.
 */
import type { Context, Middleware } from 'koa';
import { sha256 } from '../../digests.ts';
import type { PublicJwks } from '../../signing_keys/room.ts';
import { withinTime } from '../../time_limit.ts';
import type { FollowSigningKeys } from '../../tokens/room.ts';
import type { ProviderHost } from '../engine/provider_host.ts';

const discoveryMaxAge = 300;
/** Milliseconds: without the store the keys are served as they are known. */
const longestFollowing = 1000;

type Document = { body: string; etag: string; maxAge: number; type: string };

export type WellKnown = { discovery: Middleware; jwks: Middleware };

export function createWellKnown({
  host,
  followSigningKeys,
  jwks,
}: {
  host: ProviderHost;
  followSigningKeys: FollowSigningKeys;
  /** With every key that may sign by now. */
  jwks: () => Promise<PublicJwks>;
}): WellKnown {
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

  const send = (ctx: Context, { body, etag, maxAge, type }: Document) => {
    ctx.set('Cache-Control', `public, max-age=${maxAge}`);
    ctx.set('ETag', etag);
    ctx.status = 200;
    ctx.type = type;
    ctx.body = body;
    if (ctx.fresh) ctx.status = 304;
  };

  return {
    async discovery(ctx) {
      const document = await discovery(ctx as Context);
      if (document) send(ctx as Context, document);
    },

    async jwks(ctx) {
      send(ctx as Context, { ...(await currentJwks()), type: 'application/jwk-set+json' });
    },
  };
}
