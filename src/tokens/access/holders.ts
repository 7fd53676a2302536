/**
 * Whether all that a token was given to may still hold one. Disabling revokes, too; but a request that was under
 * way may have got its token after that.
 */
import { parseMarkerKey } from '../../storage/revocations.ts';
import type { TokenLinks } from '../revocation/revocations.ts';

/** What it takes of clients and users. `asOf` here and below: as of no earlier than that revocation. */
type Directory = {
  find(id: string, asOf?: number): Promise<{ disabledAt?: number | undefined } | undefined>;
};

/** Of an API key (its id). */
export type IsKeyUsable = (keyId: string, asOf?: number) => Promise<boolean>;

export type HoldersOf = Pick<TokenLinks, 'clientId' | 'accountId' | 'derivedFrom'>;

/** False when a client, a user or an API key, also of what it was exchanged for, is disabled or gone. */
export type AreHoldersActive = (token: HoldersOf, asOf?: number) => Promise<boolean>;

/** The API keys (their ids) that a token was exchanged for, at any remove, also by whoever acts. */
export function apiKeysBehind({ derivedFrom = [] }: Pick<HoldersOf, 'derivedFrom'>): string[] {
  return derivedFrom
    .map(parseMarkerKey)
    .flatMap(({ kind, name }) => (kind === 'api_key' ? name : []));
}

export function createHolders({
  clients,
  users,
  isKeyUsable,
}: {
  clients: Directory;
  users: Directory;
  isKeyUsable: IsKeyUsable;
}): AreHoldersActive {
  return async ({ clientId, accountId, derivedFrom = [] }, asOf) => {
    const origins = derivedFrom.map(parseMarkerKey);
    const named = (kind: string) => origins.flatMap((key) => (key.kind === kind ? key.name : []));
    const keys = apiKeysBehind({ derivedFrom });
    // What was exchanged for a key itself has the key in place of a client.
    const clientIds = [clientId ?? [], named('client')].flat().filter((id) => !keys.includes(id));
    const userIds = [accountId ?? [], named('user')].flat();
    const holders = await Promise.all([
      ...clientIds.map((id) => clients.find(id, asOf)),
      ...userIds.map((id) => users.find(id, asOf)),
    ]);
    const isActive = holders.every((holder) => holder && holder.disabledAt === undefined);
    return isActive && (await Promise.all(keys.map((id) => isKeyUsable(id, asOf)))).every(Boolean);
  };
}
