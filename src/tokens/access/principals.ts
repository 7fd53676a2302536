/**
 * Whether every principal behind a token is still active. Disabling a principal also revokes, but a request
 * under way may have got its token after that.
 */
import { parseMarkerKey } from '../../storage/revocations.ts';
import type { TokenLinks } from '../revocation/revocations.ts';

/** The part of clients and users that this needs. `asOf`, here and below: at least as new as that revocation. */
type PrincipalDirectory = {
  find(id: string, asOf?: number): Promise<{ disabledAt?: number | undefined } | undefined>;
};

/** For an API key (by id). */
export type IsApiKeyUsable = (keyId: string, asOf?: number) => Promise<boolean>;

export type TokenPrincipals = Pick<TokenLinks, 'clientId' | 'accountId' | 'derivedFrom'>;

/** False if any client, user or API key behind the token, exchanges included, is disabled or deleted. */
export type ArePrincipalsActive = (token: TokenPrincipals, asOf?: number) => Promise<boolean>;

/**
 * The API keys (by id) that a token was exchanged for, through any number of exchanges, including those of
 * its actors.
 */
export function apiKeysBehind({
  derivedFrom = [],
}: Pick<TokenPrincipals, 'derivedFrom'>): string[] {
  return derivedFrom
    .map(parseMarkerKey)
    .flatMap(({ kind, name }) => (kind === 'api_key' ? name : []));
}

export function createPrincipalCheck({
  clients,
  users,
  isApiKeyUsable,
}: {
  clients: PrincipalDirectory;
  users: PrincipalDirectory;
  isApiKeyUsable: IsApiKeyUsable;
}): ArePrincipalsActive {
  return async ({ clientId, accountId, derivedFrom = [] }, asOf) => {
    const origins = derivedFrom.map(parseMarkerKey);
    const named = (kind: string) => origins.flatMap((key) => (key.kind === kind ? key.name : []));
    const keys = apiKeysBehind({ derivedFrom });
    // What was exchanged for an API key itself has that key in place of a client.
    const clientIds = [clientId ?? [], named('client')].flat().filter((id) => !keys.includes(id));
    const userIds = [accountId ?? [], named('user')].flat();
    const principals = await Promise.all([
      ...clientIds.map((id) => clients.find(id, asOf)),
      ...userIds.map((id) => users.find(id, asOf)),
    ]);
    const isActive = principals.every(
      (principal) => principal && principal.disabledAt === undefined,
    );
    return (
      isActive && (await Promise.all(keys.map((id) => isApiKeyUsable(id, asOf)))).every(Boolean)
    );
  };
}
