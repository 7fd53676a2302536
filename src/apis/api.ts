/**
 * An API as requests need it, whichever place it comes from.
 */
import type { ApiDeclaration } from '../config/schema/declaration.ts';
import type { LocalText } from '../config/schema/local_text.ts';
import { adminApi, adminScopes } from '../definitions/admin_scopes.ts';
import type { AuthenticationLevel } from '../definitions/authentication.ts';
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
  /** How strong the sign-in behind its tokens must be. */
  acr: AuthenticationLevel | undefined;
  /** The client that is this API. */
  clientId: string | undefined;
  /** The project (id) whose deployers may change it. */
  project: string | undefined;
  /** Claims of users that its access tokens carry (RFC 9068 section 2.2.3.1). */
  claims: readonly string[];
  /** The most that API keys of users may do. Undefined: everything the API defines. */
  userKeyScopes: readonly string[] | undefined;
  /** See ApiRecord. */
  since: number;
};

export function toApi(declaration: ApiDeclaration, since = 0): Api {
  return Object.freeze({
    identifier: declaration.identifier,
    name: declaration.name,
    scopes: Object.freeze(Object.assign(Object.create(null), declaration.scopes)),
    format: declaration.access_token_format,
    lifetimeSeconds: declaration.access_token_lifetime,
    acr: declaration.acr,
    clientId: declaration.client_id,
    project: declaration.project,
    claims: declaration.claims,
    userKeyScopes: declaration.user_key_scopes,
    since,
  });
}

/** The API of Cardea itself, which is always there. */
export const ownApi: ApiDeclaration = {
  identifier: adminApi,
  aliases: [],
  name: { en: 'Cardea administration', de: 'Cardea-Verwaltung' },
  scopes: adminScopes,
  access_token_format: 'jwt',
  access_token_lifetime: lifetimes.accessToken,
  claims: [],
};
