/**
 * The token that a request asks about or gives up: a JWT, or one that is stored. Undefined for all that is not alive,
 * whatever the reason; but a spent refresh token is found, as giving it up ends what came of it.
 */
import type { AccessToken, Client, ClientCredentials, Provider, RefreshToken } from 'oidc-provider';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import {
  type AccessTokenReader,
  apiKeysBehind,
  looksLikeJwt,
  type ReadAccessToken,
  type RevocationTarget,
  type TokenPrincipals,
} from '../../tokens/room.ts';
import type { PairwiseSubjects } from '../clients/pairwise.ts';
import { artifactId } from '../records/artifact_mapping.ts';
import { kindOfJwt } from '../records/jwt_records.ts';
import { accessTokens, kinds, type RecordKind } from '../records/kinds.ts';
import { currentFamily } from '../records/token_family.ts';

export type PresentedToken = {
  kind: RecordKind;
  clientId: string;
  /** The person; undefined: none, or one whose subject only the token tells. */
  userId: string | undefined;
  /** The APIs that it is for; none for a refresh token. */
  audiences: readonly string[];
  principals: TokenPrincipals;
  /** The API keys (by id) that it was exchanged for. */
  keyIds: readonly string[];
  /** Whether it may be used: not spent, and with its grant. */
  isActive(): Promise<boolean>;
  /** What introspection tells of it (RFC 7662 section 2.2), `active` included. */
  claims(): Promise<Record<string, unknown>>;
  /** What ends with it, and the name of that in the audit trail. Undefined: its record is gone. */
  ending(): Promise<{ target: RevocationTarget; name: string } | undefined>;
};

/** `hint`: token_type_hint (RFC 7009 section 2.1). `asOf`: the last revocation that the request is to see. */
export type FindPresentedToken = (
  provider: Provider,
  presented: { token: string; hint: unknown; asOf: number },
) => Promise<PresentedToken | undefined>;

type StoredToken = AccessToken | ClientCredentials | RefreshToken;
type Model = { find(token: string): Promise<StoredToken | undefined> };

export function createPresentedTokens({
  issuer,
  reader,
  artifacts,
  pairwise,
  clock,
}: {
  issuer: string;
  reader: Pick<AccessTokenReader, 'read'>;
  artifacts: Pick<ArtifactStore, 'find'>;
  pairwise: PairwiseSubjects;
  clock: { now(): number };
}): FindPresentedToken {
  const ofJwt = (read: ReadAccessToken): PresentedToken => {
    const { claims, links, grant, status } = read;
    const { client_id: clientId, jti, exp, cnf } = claims;
    const kind = kindOfJwt(read);
    return {
      ...{ kind, clientId },
      userId: kind === accessTokens.ofPerson ? read.accountId : undefined,
      audiences: [claims.aud].flat(),
      principals: links,
      keyIds: apiKeysBehind(links),
      isActive: async () => kind !== accessTokens.ofPerson || grant?.clientId === clientId,
      claims: async () => ({ ...claims, active: true, token_type: cnf?.jkt ? 'DPoP' : 'Bearer' }),
      ending: async () => ({ target: { token: jti, expiresAt: exp * 1000, status }, name: jti }),
    };
  };

  const findStored = async (provider: Provider, token: string, hint: unknown) => {
    const { AccessToken, ClientCredentials, RefreshToken } = provider;
    const access = [AccessToken, ClientCredentials];
    const isRefresh = String(hint).endsWith('refresh_token');
    const models = (isRefresh ? [RefreshToken, ...access] : [...access, RefreshToken]) as Model[];
    for (const model of models) {
      const found = await model.find(token);
      if (found) return found;
    }
    return undefined;
  };

  const isConsented = async (provider: Provider, token: StoredToken) => {
    const { grantId, accountId, clientId } = token as AccessToken;
    if (!grantId) return true;
    const grant = await provider.Grant.find(grantId);
    return grant?.clientId === clientId && grant?.accountId === accountId;
  };

  const subjectOf = async (provider: Provider, clientId: string, accountId: string) => {
    const client: Client | undefined = await provider.Client.find(clientId);
    return client?.subjectType === 'pairwise'
      ? pairwise.subject(accountId, String(client.sectorIdentifier))
      : accountId;
  };

  const ofRecord = (provider: Provider, found: StoredToken, value: string): PresentedToken => {
    const { kind: model, clientId = '', iat, exp, scope, jti } = found;
    const { accountId, aud, sid, extra, jkt, tokenType } = found as AccessToken;
    const kind = model as RecordKind;
    const isRefresh = kinds[kind].presented.token === 'refresh';
    return {
      ...{ kind, clientId, userId: accountId, keyIds: [] },
      audiences: isRefresh ? [] : [aud ?? []].flat(),
      principals: { clientId, accountId },
      isActive: async () => found.isValid && isConsented(provider, found),
      claims: async () => ({
        // Without a person it is about the client (RFC 9068 section 2.2).
        sub: accountId ? await subjectOf(provider, clientId, accountId) : clientId,
        ...extra,
        ...{ active: true, client_id: clientId, exp, iat, sid, iss: issuer, aud },
        ...(jti !== value && { jti }),
        scope: scope || undefined,
        ...(jkt && { cnf: { jkt } }),
        token_type: isRefresh ? undefined : tokenType,
      }),
      async ending() {
        const id = artifactId(kind, value);
        const familyId = currentFamily();
        // RFC 7009 section 2.1: with a refresh token goes all that came of it.
        if (kinds[kind].ends.family === 'continues' && familyId) {
          return { target: { familyId }, name: id };
        }
        const record = await artifacts.find(kind, id, clock.now());
        return (
          record && { target: { record: { kind, id }, expiresAt: record.expiresAt }, name: id }
        );
      },
    };
  };

  return async (provider, { token, hint, asOf }) => {
    if (looksLikeJwt(token)) {
      const read = await reader.read(token, asOf);
      return read && ofJwt(read);
    }
    const found = await findStored(provider, token, hint);
    return found && ofRecord(provider, found, token);
  };
}
