/**
 * What a client may have today bounds what it was given before. A scope that was taken from it is gone from its
 * codes and tokens, and so are the single claims that are a part of it; a token for an API that it may not ask for
 * any more is none, nor is a refresh token once it may not refresh. Nothing is rewritten in the store: what is read
 * is narrowed, so the change holds for the next request on every node.
 */
import type { AdapterPayload, ClaimsParameter, ClientMetadata } from 'oidc-provider';
import type { FindClient } from '../../clients/room.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import type { ClientRecord } from '../../storage/clients.ts';
import { type AccessTokenReader, scopeWords } from '../../tokens/room.ts';
import { userinfoAudienceOf } from '../endpoints/userinfo_audience.ts';
import { accessTokens, kinds, type RecordKind } from '../records/kinds.ts';
import { toLibraryMetadata } from './client_metadata.ts';
import type { SourcePolicies } from './source_limits.ts';

/** What holds of a client today. */
type Allowed = {
  grantTypes: readonly string[];
  apis: readonly string[];
  scopes: ReadonlySet<string>;
};

export type ClientBounds = {
  /**
   * One of the library's records as far as it holds; undefined: the client could not have it today. `asOf`: the
   * client as of that revocation, or later.
   */
  narrow(
    kind: RecordKind,
    payload: AdapterPayload,
    asOf?: number,
  ): Promise<AdapterPayload | undefined>;
  /** The same for JWT access tokens, whoever reads them. */
  within(reader: AccessTokenReader): AccessTokenReader;
};

export function createClientBounds({
  findClient,
  policies,
  scopes,
  issuer,
}: {
  findClient: FindClient;
  policies: SourcePolicies;
  scopes: Pick<PersonScopes, 'names' | 'scopeOf'>;
  issuer: string;
}): ClientBounds {
  const userinfoAudience = userinfoAudienceOf(issuer);
  /** By record: the same one is found as long as nobody changes the client. */
  const known = new WeakMap<ClientRecord, Allowed>();
  const allowedTo = (record: ClientRecord): Allowed => {
    const allowed = known.get(record) ?? allowedBy(toLibraryMetadata(record, scopes, policies));
    known.set(record, allowed);
    return allowed;
  };

  const bounds: ClientBounds = {
    async narrow(kind, payload, asOf) {
      const params = payload.params as Record<string, unknown> | undefined;
      const clientId = payload.clientId ?? params?.client_id;
      if (!kinds[kind].bounds.narrowed || typeof clientId !== 'string') return payload;
      const client = await findClient(clientId, asOf);
      // One that is gone or disabled is somebody else's to judge.
      if (!client || client.disabledAt !== undefined) return payload;
      const allowed = allowedTo(client);
      const apis = [payload.aud ?? []].flat().filter((aud) => aud !== userinfoAudience);
      return couldHave(allowed, kind, apis)
        ? { ...payload, ...narrowed(payload, allowed.scopes, scopes) }
        : undefined;
    },

    within: (reader) => ({
      ...reader,
      async read(token, asOf) {
        const known = await reader.read(token, asOf);
        // What was exchanged has scopes of its origin's; the client that it names was bounded when it asked.
        if (!known || known.links.derivedFrom) return known;
        const { claims, accountId } = known;
        const { client_id: clientId, aud, scope, userinfo_claims } = claims;
        const kind = accountId === undefined ? accessTokens.ofClient : accessTokens.ofPerson;
        const payload = { clientId, aud, scope, extra: { userinfo_claims } } as AdapterPayload;
        const left = await bounds.narrow(kind, payload, asOf);
        if (!left) return undefined;
        return {
          ...known,
          claims: { ...claims, ...left.extra, scope: left.scope } as typeof claims,
        };
      },
    }),
  };
  return bounds;
}

function allowedBy({ grant_types, apis, allowed_scope, scope }: ClientMetadata): Allowed {
  return {
    grantTypes: grant_types ?? [],
    apis: (apis ?? []) as string[],
    scopes: new Set(scopeWords(allowed_scope ?? scope)),
  };
}

function couldHave(
  { grantTypes, apis }: Allowed,
  kind: RecordKind,
  ofApis: readonly string[],
): boolean {
  const { bounds, presented } = kinds[kind];
  if (bounds.grantType !== 'none' && !grantTypes.includes(bounds.grantType)) return false;
  return presented.token !== 'access' || ofApis.every((api) => apis.includes(api));
}

function narrowed(
  payload: AdapterPayload,
  allowed: ReadonlySet<string>,
  { names: ofPeople, scopeOf }: Pick<PersonScopes, 'names' | 'scopeOf'>,
): Partial<AdapterPayload> {
  const { scope, claims, extra, params } = payload;
  const isAllowed = (claim: string) =>
    allowed.has(scopeOf(claim) ?? claim) || scopeOf(claim) === undefined;
  const names = extra?.userinfo_claims as string[] | undefined;
  return {
    ...(scope !== undefined && { scope: wordsIn(scope, (word) => allowed.has(word)) || undefined }),
    ...(claims && { claims: claimsLeft(claims, isAllowed) }),
    ...(names && { extra: { ...extra, userinfo_claims: names.filter(isAllowed) } }),
    // Scopes of APIs are refused by name when the person comes back; the library would ask for these forever.
    ...(typeof params?.scope === 'string' && {
      params: {
        ...params,
        scope: wordsIn(params.scope, (word) => allowed.has(word) || !ofPeople.includes(word)),
      },
    }),
  };
}

function wordsIn(scope: string, isLeft: (word: string) => boolean): string {
  return scopeWords(scope).filter(isLeft).join(' ');
}

function claimsLeft(
  claims: ClaimsParameter,
  isAllowed: (claim: string) => boolean,
): ClaimsParameter {
  const members = Object.entries(claims).map(([member, requests]) => [
    member,
    Object.fromEntries(Object.entries(requests ?? {}).filter(([claim]) => isAllowed(claim))),
  ]);
  return Object.fromEntries(members);
}
