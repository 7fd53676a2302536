/**
 * Whether all that a token was given to may still hold one. Disabling revokes, too; but a request that was under
 * way may have got its token after that.
 */
import { parseKey, type TokenLinks } from './revocations.ts';

/** What it takes of clients and users. */
type Directory = {
  find(id: string): Promise<{ disabledAt?: number | undefined } | undefined>;
};

export type HoldersOf = Pick<TokenLinks, 'clientId' | 'accountId' | 'derivedFrom'>;

/** False when a client, a user or an API key, also of what it was exchanged for, is disabled or gone. */
export type AreHoldersActive = (token: HoldersOf) => Promise<boolean>;

export function createHolders({
  clients,
  users,
  isKeyUsable,
}: {
  clients: Directory;
  users: Directory;
  /** Of an API key (its id). */
  isKeyUsable: (keyId: string) => Promise<boolean>;
}): AreHoldersActive {
  return async ({ clientId, accountId, derivedFrom = [] }) => {
    const origins = derivedFrom.map(parseKey);
    const named = (kind: string) => origins.flatMap((key) => (key.kind === kind ? key.name : []));
    const keys = named('api_key');
    // What was exchanged for a key itself has the key in place of a client.
    const clientIds = [clientId ?? [], named('client')].flat().filter((id) => !keys.includes(id));
    const userIds = [accountId ?? [], named('user')].flat();
    const holders = await Promise.all([
      ...clientIds.map((id) => clients.find(id)),
      ...userIds.map((id) => users.find(id)),
    ]);
    const isActive = holders.every((holder) => holder && holder.disabledAt === undefined);
    return isActive && (await Promise.all(keys.map(isKeyUsable))).every(Boolean);
  };
}
