/**
 * The lookup of APIs. It knows those of the declarative file, which win, those of the store, and Cardea's own. What the
 * store has is handed to it (adopt): it answers from memory.
 */
import type { ApiDeclaration } from '../config/schema/declaration.ts';
import { lifetimes } from '../definitions/lifetimes.ts';
import { type Api, ownApi, toApi } from './api.ts';

export type ApiRegistry = {
  find(identifier: string): Api | undefined;
  /**
   * The identifier of the API that is meant by it, by one of its aliases, or by its identifier with or without a last
   * slash; of none: the same.
   */
  canonical(identifier: string): string;
  /** Those of the file in its order, then the others by identifier, then Cardea's own. */
  list(): readonly Api[];
  /** The APIs that this client is. */
  byClientId(clientId: string): readonly Api[];
  /** Whether an API defines this scope. */
  definesScope(name: string): boolean;
  /** Whether the access tokens of an API carry this claim. */
  releasesClaim(name: string): boolean;
  /** See ApiRecord; of a disabled API, too. Undefined: there is none. */
  since(identifier: string): number | undefined;
  /** The members of each, by their names in the file; in the order of list(). */
  declarations(): readonly ApiDeclaration[];
  /** How long a key must stay published after it stopped signing: the longest lifetime of what it signs. */
  longestTokenLifetimeMs(): number;
};

/** An API of the store. */
export type StoredApi = {
  declaration: ApiDeclaration;
  since: number;
  isDisabled: boolean;
};

type AdoptingRegistry = ApiRegistry & {
  /** Replaces all APIs of the store by these. */
  adopt(stored: readonly StoredApi[]): void;
};

/** `declared`: by the file of this process. */
export function createApiRegistry(declared: readonly ApiDeclaration[]): AdoptingRegistry {
  let index = createIndex(declared, []);
  return {
    find: (identifier) => index.byIdentifier.get(identifier),
    canonical(name) {
      const { byIdentifier, byAlias } = index;
      if (byIdentifier.has(name)) return name;
      const otherwise = name.endsWith('/') ? name.slice(0, -1) : `${name}/`;
      return byAlias.get(name) ?? (byIdentifier.has(otherwise) ? otherwise : name);
    },
    list: () => index.apis,
    byClientId: (clientId) => index.byClient.get(clientId) ?? [],
    definesScope: (name) => index.scopes.has(name),
    releasesClaim: (name) => index.claims.has(name),
    since: (identifier) => index.since.get(identifier),
    declarations: () => index.declarations,
    longestTokenLifetimeMs: () => index.longestLifetimeMs,
    adopt(stored) {
      index = createIndex(declared, stored);
    },
  };
}

function createIndex(declared: readonly ApiDeclaration[], stored: readonly StoredApi[]) {
  const byName = new Map(stored.map((one) => [one.declaration.identifier, one]));
  const ofFile = declared.map((declaration) => ({
    ...{ since: 0, isDisabled: false, ...byName.get(declaration.identifier) },
    declaration,
  }));
  const names = new Set(declared.map(({ identifier }) => identifier));
  const others = stored.filter(({ declaration }) => !names.has(declaration.identifier));
  const known = [...ofFile, ...others];
  const all = known.filter(({ isDisabled }) => !isDisabled);
  const declarations = [...all.map(({ declaration }) => declaration), ownApi];
  const apis = [...all.map(({ declaration, since }) => toApi(declaration, since)), toApi(ownApi)];
  // An alias of the file leads to its API, whatever the store says.
  const aliases = declarations
    .toReversed()
    .flatMap((one) => one.aliases.map((alias) => [alias, one.identifier] as const));
  const longest = Math.max(lifetimes.accessToken, ...apis.map((api) => api.lifetimeSeconds));
  return {
    ...{ apis, declarations },
    byIdentifier: new Map(apis.map((api) => [api.identifier, api])),
    byAlias: new Map(aliases),
    since: new Map(known.map(({ declaration, since }) => [declaration.identifier, since])),
    byClient: Map.groupBy(apis, (api) => api.clientId),
    scopes: new Set(apis.flatMap((api) => Object.keys(api.scopes))),
    claims: new Set(apis.flatMap((api) => api.claims)),
    longestLifetimeMs: longest * 1000,
  };
}
