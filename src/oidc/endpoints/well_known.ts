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
/** `documentation`: what it says of it. */
type Discovery = Document & { documentation: string | undefined };

export type WellKnown = {
  /** Leaves the first request after a change of what it says to `computeDiscovery`. */
  discovery: Handler;
  computeDiscovery: Middleware;
  jwks: Handler;
};

export function createWellKnown({
  host,
  followSigningKeys,
  documentation,
  jwks,
}: {
  host: ProviderHost;
  followSigningKeys: FollowSigningKeys;
  /** The operator's, for developers; it can change while the server runs. */
  documentation: () => string | undefined;
  /** With every key that may sign by now. The same object as long as nothing changes. */
  jwks: () => Promise<PublicJwks>;
}): WellKnown {
  const discoveryOf = new WeakMap<object, Discovery>();
  const documentOf = new WeakMap<PublicJwks, Document>();

  const follow = () =>
    withinTime(
      followSigningKeys().catch(() => undefined),
      longestFollowing,
      undefined,
    );

  /** A key that had to sign at once, in an emergency, is in there as soon as somebody can have met it. */
  const currentJwks = async (): Promise<Document> => {
    await follow();
    const current = await jwks();
    const known = documentOf.get(current);
    if (known) return known;
    const document = prepare({ ...current, type: 'application/jwk-set+json' });
    documentOf.set(current, document);
    return document;
  };

  return {
    async discovery(request) {
      await follow();
      const known = discoveryOf.get(host.current());
      return known?.documentation === documentation() && known ? answer(request, known) : undefined;
    },

    async computeDiscovery(ctx) {
      const provider = host.current();
      await host.middleware(ctx as Context, async () => {});
      // A failure is answered, not kept.
      if (ctx.status !== 200) return;
      const service_documentation = documentation();
      const body = JSON.stringify({ ...(ctx.body as object), service_documentation });
      const document = prepare({
        ...{ body, etag: `"${sha256(body)}"`, maxAge: discoveryMaxAge },
        type: 'application/json; charset=utf-8',
      });
      discoveryOf.set(provider, { ...document, documentation: service_documentation });
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
