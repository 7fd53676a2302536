/**
 * Who arrives from a provider. The key of an account is issuer and subject, and nothing else: an address never opens one.
 * It only shows that there may be an account to connect, whose owner has to prove it first.
 */
import type { Authenticators } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import { minuteMs } from '../definitions/units.ts';
import { type AuthenticatorsRecord, identityKey } from '../storage/authenticators.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';
import type { ProvenIdentity } from './outcomes.ts';
import type { IdentityProvider } from './provider.ts';

export type Arrival =
  | { is: 'known'; user: UserRecord }
  | { is: 'disabled' }
  /** Both sides have verified the same address. */
  | { is: 'same_address'; user: UserRecord }
  | { is: 'new'; policy: IdentityProvider['newPeople'] };

export type Arrivals = {
  of(proven: ProvenIdentity, provider: IdentityProvider): Promise<Arrival>;
  /** Whose verified address this person has verified at the provider. */
  sameAddress(proven: ProvenIdentity): Promise<UserRecord | undefined>;
};

/** How long an account may take to be made (new_accounts.ts). What is left of one after that is of no use to anybody. */
const unfinishedMs = 10 * minuteMs;

export function createArrivals({
  authenticators,
  users,
  clock,
}: {
  authenticators: Pick<Authenticators, 'findByKey' | 'removeAll'>;
  users: Pick<Users, 'find' | 'lookUp'>;
  clock: Clock;
}): Arrivals {
  const sameAddress: Arrivals['sameAddress'] = async ({ person: { email } }) => {
    if (email === undefined) return undefined;
    const user = await users.lookUp(email);
    return user?.email === email && user.emailVerified ? user : undefined;
  };

  const ownerOf = async (proven: ProvenIdentity) => {
    const record = await authenticators.findByKey(identityKey(proven));
    if (!record) return undefined;
    const user = await users.find(record.userId);
    if (!user && !isUnfinished(record, clock.now())) await authenticators.removeAll(record.userId);
    return user;
  };

  return {
    sameAddress,
    async of(proven, provider) {
      const owner = await ownerOf(proven);
      if (owner)
        return owner.disabledAt === undefined ? { is: 'known', user: owner } : { is: 'disabled' };
      const user = await sameAddress(proven);
      if (user) return { is: 'same_address', user };
      return { is: 'new', policy: provider.newPeople };
    },
  };
}

/** Its account is being made at this moment, or the process that made it has died. */
function isUnfinished({ createdAt }: AuthenticatorsRecord, now: number): boolean {
  return now - createdAt < unfinishedMs;
}
