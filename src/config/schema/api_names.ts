/**
 * What the names of APIs and of their scopes must hold between each other, wherever the APIs come from.
 */
import { personScopeNames } from '../../definitions/oauth.ts';

type NamedApi = { identifier?: string | undefined; aliases?: readonly string[] | undefined };

/** The `position`th alias of the API at `index` already leads to another. */
export type AliasConflict = { index: number; position: number; owner: number };

/** Each name leads to one API. Identifiers come first, then aliases in their order. */
export function aliasConflicts(apis: readonly NamedApi[]): AliasConflict[] {
  const owners = new Map(apis.map(({ identifier }, index) => [identifier, index]));
  return apis.flatMap(({ aliases = [] }, index) =>
    [...aliases.entries()].flatMap(([position, alias]) => {
      const owner = owners.get(alias);
      if (owner !== undefined) return [{ index, position, owner }];
      owners.set(alias, index);
      return [];
    }),
  );
}

export const isScopeOfPeople = 'is a scope that is about people';

/** Scopes of the API that cannot be its own: one is about the person or about one API, never both. */
export function scopesOfPeople(
  { scopes }: { scopes: Readonly<Record<string, unknown>> },
  declared: readonly { name?: string | undefined }[],
): string[] {
  const ofPeople = new Set(personScopeNames(declared));
  return Object.keys(scopes).filter((name) => ofPeople.has(name));
}
