/**
 * Resource indicators (RFC 8707): which API a request is for, and what its token may hold. An API gets only
 * scopes that it defines and that the client may ask for.
 */
import type { Client, KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import type { Api, ApiRegistry } from '../../apis/room.ts';
import { scopeWords } from '../../tokens/room.ts';
import { errors } from '../engine/library.ts';

export type Resources = {
  defaultResource(
    ctx: KoaContextWithOIDC,
    client: Client,
    oneOf?: readonly string[],
  ): Promise<string | string[] | undefined>;
  useGrantedResource(): boolean;
  getResourceServerInfo(
    ctx: KoaContextWithOIDC,
    resource: string,
    client: Client,
  ): Promise<ResourceServer>;
  /**
   * Throws InvalidTarget when a token request does not lead to one API that was granted. The library finds
   * that out as well, but after it has spent the code: a mistake must not cost a sign-in.
   */
  checkRedemption(ctx: KoaContextWithOIDC, granted: string | readonly string[] | undefined): void;
};

export function createResources({
  apis,
  accessTokenAlgorithm,
}: {
  apis: ApiRegistry;
  accessTokenAlgorithm: string;
}): Resources {
  const params = (ctx: KoaContextWithOIDC) => ctx.oidc.params as Record<string, unknown>;
  /** Whether the access token will travel through the browser: then it opens userinfo and no API. */
  const isImplicit = (ctx: KoaContextWithOIDC) =>
    scopeWords(params(ctx).response_type).includes('token');

  /** The API of this name, where the client is registered for it; throws InvalidTarget. */
  const apiFor = (client: Client | undefined, resource: string): Api => {
    const api = apis.find(resource);
    const own = (client?.apis ?? []) as string[];
    if (!api || !own.includes(resource)) throw notRegistered(resource);
    return api;
  };

  const checkRequested = (ctx: KoaContextWithOIDC, api: Api, allowed: string[]) => {
    for (const scope of scopeWords(params(ctx).scope)) {
      if (scope in api.scopes && !allowed.includes(scope)) {
        throw new errors.InvalidScope('requested scope is not allowed', scope);
      }
    }
  };

  return {
    checkRedemption(ctx, granted) {
      const grantedApis = [granted ?? []].flat();
      const named = [params(ctx).resource ?? grantedApis].flat();
      if (named.length > 1) throw new errors.InvalidTarget('resource must name one API');
      for (const resource of named as string[]) {
        if (!grantedApis.includes(resource)) {
          throw new errors.InvalidTarget(`${quoted(resource)} was not granted`);
        }
        apiFor(ctx.oidc.client, resource);
      }
    },

    async defaultResource(ctx, client, oneOf) {
      if (oneOf) return oneOf.length === 1 ? oneOf[0] : [...oneOf];
      if (isImplicit(ctx)) return undefined;
      const choices = client.apis as string[];
      if (choices.length === 1) return choices[0];
      const asksForApi = scopeWords(params(ctx).scope).some((scope) =>
        choices.some((identifier) => scope in (apis.find(identifier)?.scopes ?? {})),
      );
      if (asksForApi) {
        throw new errors.InvalidTarget(
          choices.length === 0
            ? 'the client is not registered for any API'
            : 'resource must name one of the APIs that the client is registered for',
        );
      }
      return undefined;
    },

    // A token request without `resource` is for the API that was granted, also when openid was granted too.
    useGrantedResource: () => true,

    async getResourceServerInfo(ctx, resource, client) {
      const api = apiFor(client, resource);
      if (isImplicit(ctx)) throw new errors.InvalidTarget('this response type is for no API');

      const clientMay = scopeWords(client.allowed_scope);
      const allowed = Object.keys(api.scopes).filter((scope) => clientMay.includes(scope));
      checkRequested(ctx, api, allowed);
      // With openid granted, the same token opens userinfo: its scopes travel with the API's.
      const scopes = [...allowed, ...scopeWords(client.scope)];
      return {
        scope: scopes.join(' '),
        audience: api.identifier,
        accessTokenTTL: api.lifetimeSeconds,
        accessTokenFormat: api.format,
        jwt: { sign: { alg: accessTokenAlgorithm } },
      } as ResourceServer;
    },
  };
}

/** For a resource that the client may not ask for, or that is no API. */
export function notRegistered(resource: string): Error {
  return new errors.InvalidTarget(`the client is not registered for ${quoted(resource)}`);
}

const longestQuote = 200;

/** As it may stand in a description (RFC 6749 section 5.2). */
function quoted(resource: string): string {
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(resource) && resource.length <= longestQuote
    ? resource
    : 'this resource';
}
