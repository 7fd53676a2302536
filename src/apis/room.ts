/**
 * The APIs that tokens are for, from the declarative file. Owns their lookup. What a client may do with them
 * is up to oidc/. They do not change while the program runs.
 */
import type { ApiDeclaration } from '../config/schema/declaration.ts';
import type { LocalText } from '../config/schema/local_text.ts';
import { lifetimes } from '../definitions/lifetimes.ts';

export type Api = {
  /** The audience (RFC 8707 section 2). */
  identifier: string;
  name: LocalText;
  /** Scopes and their meaning in plain words. No prototype, so that `in` finds declared scopes only. */
  scopes: Readonly<Record<string, LocalText>>;
  format: 'jwt' | 'opaque';
  /** Lifetime of its access tokens. */
  lifetimeSeconds: number;
  /** The client that is this API. */
  clientId: string | undefined;
  /** The project (id) whose deployers may change it. */
  project: string | undefined;
  /** Claims of users that its access tokens carry (RFC 9068 section 2.2.3.1). */
  claims: readonly string[];
  /** The most that API keys of users may do. Undefined: everything the API defines. */
  userKeyScopes: readonly string[] | undefined;
};

export type ApiRegistry = {
  find(identifier: string): Api | undefined;
  /**
   * The identifier of the API that is meant by it, by one of its aliases, or by its identifier with or without a last
   * slash; of none: the same.
   */
  canonical(identifier: string): string;
  /** In the order of the file. */
  list(): readonly Api[];
  /** The APIs that this client is. */
  byClientId(clientId: string): readonly Api[];
  /** How long a key must stay published after it stopped signing: the longest lifetime of what it signs. */
  longestTokenLifetimeMs(): number;
};

export function createApiRegistry(declarations: readonly ApiDeclaration[]): ApiRegistry {
  const apis = declarations.map(toApi);
  const byIdentifier = new Map(apis.map((api) => [api.identifier, api]));
  const byClient = Map.groupBy(apis, (api) => api.clientId);
  const longest = Math.max(lifetimes.accessToken, ...apis.map((api) => api.lifetimeSeconds));

  const byAlias = new Map(
    declarations.flatMap(({ identifier, aliases }) => aliases.map((alias) => [alias, identifier])),
  );
  const canonical = (name: string): string => {
    if (byIdentifier.has(name)) return name;
    const otherwise = name.endsWith('/') ? name.slice(0, -1) : `${name}/`;
    return byAlias.get(name) ?? (byIdentifier.has(otherwise) ? otherwise : name);
  };

  return {
    find: (identifier) => byIdentifier.get(identifier),
    canonical,
    list: () => apis,
    byClientId: (clientId) => byClient.get(clientId) ?? [],
    longestTokenLifetimeMs: () => longest * 1000,
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
    project: declaration.project,
    claims: declaration.claims,
    userKeyScopes: declaration.user_key_scopes,
  });
}
