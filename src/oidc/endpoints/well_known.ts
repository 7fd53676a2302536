/**
 * Discovery (OpenID Connect Discovery 4, RFC 8414) and the JWKS, served from memory. Public facts: any page
 * may read them. Discovery is computed by the library once for each Provider; both well-known names answer
 * with the same facts.
 */
import fresh from 'fresh';
import type { Context, Middleware } from 'koa';
import { sha256 } from '../../digests.ts';
import type { Answer, HandledRequest, Handler } from '../../http/answer.ts';
import type { PublicJwks } from '../../signing_keys/room.ts';
import { withinTime } from '../../time_limit.ts';
import type { FollowSigningKeys } from '../../tokens/room.ts';
import type { ProviderHost } from '../engine/provider_host.ts';

const discoveryMaxAge = 300;
/** Milliseconds: without the store the keys are served as they are known. */
const longestFollowing = 1000;

/** Both forms of its answer, prepared. */
type Document = { whole: Answer; unchanged: Answer; etag: string };

export type WellKnown = {
  /** Leaves the first request after a change of the keys to `computeDiscovery`. */
  discovery: Handler;
  computeDiscovery: Middleware;
  jwks: Handler;
};

export function createWellKnown({
  host,
  followSigningKeys,
  jwks,
}: {
  host: ProviderHost;
  followSigningKeys: FollowSigningKeys;
  /** With every key that may sign by now. The same object as long as nothing changes. */
  jwks: () => Promise<PublicJwks>;
}): WellKnown {
  const discoveryOf = new WeakMap<object, Document>();
  const documentOf = new WeakMap<PublicJwks, Document>();

  /** A key that had to sign at once, in an emergency, is in there as soon as somebody can have met it. */
  const currentJwks = async (): Promise<Document> => {
    const following = followSigningKeys().catch(() => undefined);
    await withinTime(following, longestFollowing, undefined);
    const current = await jwks();
    const known = documentOf.get(current);
    if (known) return known;
    const document = prepare({ ...current, type: 'application/jwk-set+json' });
    documentOf.set(current, document);
    return document;
  };

  return {
    async discovery(request) {
      const known = discoveryOf.get(host.current());
      return known && answer(request, known);
    },

    async computeDiscovery(ctx) {
      const provider = host.current();
      await host.middleware(ctx as Context, async () => {});
      // A failure is answered, not kept.
      if (ctx.status !== 200) return;
      const body = JSON.stringify(ctx.body);
      const document = prepare({
        ...{ body, etag: `"${sha256(body)}"`, maxAge: discoveryMaxAge },
        type: 'application/json; charset=utf-8',
      });
      discoveryOf.set(provider, document);
      ctx.set(document.whole.headers as Record<string, string>);
      ctx.body = document.whole.body;
    },

    jwks: async (request) => answer(request, await currentJwks()),
  };
}

function prepare({ body, etag, maxAge, type }: PublicJwks & { type: string }): Document {
  const headers = { 'cache-control': `public, max-age=${maxAge}`, etag };
  return {
    etag,
    whole: { status: 200, headers: { ...headers, 'content-type': type }, body: Buffer.from(body) },
    unchanged: { status: 304, headers },
  };
}

/** RFC 9110 section 13.1.2. */
function answer({ req }: HandledRequest, { whole, unchanged, etag }: Document): Answer {
  return req.headers['if-none-match'] && fresh(req.headers, { etag }) ? unchanged : whole;
}
