/**
 * What an authorization request asks a person for: OpenID Connect's scopes, single claims, and the scopes of
 * APIs, as far as the client may have them at all.
 */
import type { Client } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import type { LocalText } from '../../config/schema/local_text.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import { scopeWords } from '../../tokens/room.ts';
import { claimsAskedFor, claimsByTheirScope } from './claim_requests.ts';

export type RequestedScopes = {
  /** About the person. */
  openid: string[];
  /** What the declarative file says of those that it declares; the pages have texts of their own for the others. */
  texts: Readonly<Record<string, { meaning: LocalText; claims: readonly string[] }>>;
  /** Single claims by the scope that they are a part of. `allowed`: the client may ask for that scope. */
  claims: { scope: string; names: string[]; allowed: boolean }[];
  /** By API identifier. */
  apis: {
    identifier: string;
    /** See ApiRecord. */
    since: number;
    name: LocalText;
    scopes: { name: string; meaning: LocalText }[];
    /** What its access tokens say of the person, and so whoever holds them learns. */
    claims: readonly string[];
  }[];
};

const words = (text: unknown): string[] => [...new Set(scopeWords(text))];

export function requestedScopes(
  client: Client,
  /** The request's parameters; `resource` has been defaulted by then. */
  { scope, claims, resource }: Record<string, unknown>,
  {
    apis,
    scopes,
  }: {
    apis: Pick<ApiRegistry, 'find'>;
    scopes: Pick<PersonScopes, 'scopeOf' | 'textOf' | 'claims'>;
  },
): RequestedScopes {
  const asked = words(scope);
  const openid = words(client.scope);
  const allowed = words(client.allowed_scope);
  const identifiers = [resource].flat().filter((value) => typeof value === 'string');
  const parts = claimsByTheirScope(claimsAskedFor(claims), scopes);
  const texts = [...asked, ...parts.keys()].flatMap((name) => {
    const meaning = scopes.textOf(name);
    return meaning === undefined ? [] : [[name, { meaning, claims: scopes.claims[name] ?? [] }]];
  });
  return {
    openid: asked.filter((name) => openid.includes(name)),
    texts: Object.fromEntries(texts),
    claims: [...parts].map(([part, names]) => ({
      scope: part,
      names,
      allowed: openid.includes(part),
    })),
    apis: identifiers.flatMap((identifier) => {
      const api = apis.find(identifier);
      if (!api) return [];
      const scopes = asked
        .filter((name) => name in api.scopes && allowed.includes(name))
        .map((name) => ({ name, meaning: api.scopes[name] ?? name }));
      const { name, since, claims } = api;
      return [{ identifier, since, name, scopes, claims }];
    }),
  };
}

/** Scopes that a request cannot do without: everything else is the person's choice. */
export function isRequired(scope: string): boolean {
  return scope === 'openid';
}
