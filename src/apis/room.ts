/**
 * The APIs that tokens are for, as the declarative file names them. Owns their lookup; what a client may
 * ask of them is oidc/'s business. They never change while the program runs.
 */
import type { ApiDeclaration } from '../config/schema/declaration.ts';
import type { LocalText } from '../config/schema/local_text.ts';

export type Api = {
  /** The audience (RFC 8707 section 2). */
  identifier: string;
  name: LocalText;
  /** Scope to its meaning in plain words. Without a prototype: `in` finds declared scopes only. */
  scopes: Readonly<Record<string, LocalText>>;
  format: 'jwt' | 'opaque';
  /** Lifetime of its access tokens. */
  lifetimeSeconds: number;
  /** The client that is this API. */
  clientId: string | undefined;
  /** What keys of users may do at most; undefined: all that it defines. */
  userKeyScopes: readonly string[] | undefined;
};

export type ApiRegistry = {
  find(identifier: string): Api | undefined;
  /** In the file's order. */
  list(): readonly Api[];
  /** The APIs that this client is. */
  byClientId(clientId: string): readonly Api[];
};

export function createApiRegistry(declarations: readonly ApiDeclaration[]): ApiRegistry {
  const apis = declarations.map(toApi);
  const byIdentifier = new Map(apis.map((api) => [api.identifier, api]));
  const byClient = Map.groupBy(apis, (api) => api.clientId);

  return {
    find: (identifier) => byIdentifier.get(identifier),
    list: () => apis,
    byClientId: (clientId) => byClient.get(clientId) ?? [],
  };
}

function toApi(declaration: ApiDeclaration): Api {
  return Object.freeze({
    identifier: declaration.identifier,
    name: declaration.name,
    scopes: Object.freeze(Object.assign(Object.create(null), declaration.scopes)),
    format: declaration.access_token_format,
    lifetimeSeconds: declaration.access_token_lifetime,
    clientId: declaration.client_id,
    userKeyScopes: declaration.user_key_scopes,
  });
}
