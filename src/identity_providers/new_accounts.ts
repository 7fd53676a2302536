/**
 * Accounts of people who come from a provider for the first time. The identity is claimed first, for an account that is
 * not there yet: of any number of sign-ins at the same time one claims it, and all of them end in the same account. One
 * whose process died in between is finished by the next sign-in.
 */
import type { AuditContext } from '../audit/room.ts';
import type { Authenticators } from '../authentication/room.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { identityKey } from '../storage/authenticators.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';
import type { Identities } from './identities.ts';
import type { ProvenIdentity } from './outcomes.ts';

/** What is made of somebody, as a page shows it before. */
export type NewAccount = {
  username: string;
  /** Verified. Absent: the provider answers for none, or somebody here has it. */
  email?: string | undefined;
  name?: string | undefined;
};

export type NewAccounts = {
  preview(proven: ProvenIdentity): Promise<NewAccount>;
  create(proven: ProvenIdentity, by: Omit<AuditContext, 'actor'>): Promise<UserRecord>;
};

const attempts = 5;

export function createNewAccounts({
  authenticators,
  identities,
  users,
}: {
  authenticators: Pick<Authenticators, 'findByKey'>;
  identities: Pick<Identities, 'connect'>;
  users: Pick<Users, 'find' | 'lookUp' | 'create'>;
}): NewAccounts {
  const preview: NewAccounts['preview'] = async ({ provider, person }) => {
    const { claims } = person;
    // Whoever else has the address, verified or not, keeps it.
    const isFree = person.email !== undefined && !(await users.lookUp(person.email));
    const email = isFree ? person.email : undefined;
    const [local] = person.email?.split('@') ?? [];
    const wished = person.username?.includes('@') && !email ? local : person.username;
    const base = wished ?? local ?? provider;
    const isTaken = (await users.lookUp(base)) !== undefined && base !== email;
    const username = isTaken ? `${base.slice(0, 150)}-${randomSuffix()}` : base;
    return { username, email, ...(typeof claims.name === 'string' && { name: claims.name }) };
  };

  /** Undefined: somebody else has taken the name or the address meanwhile. */
  const attempt = async (id: string, proven: ProvenIdentity, by: AuditContext) => {
    const { username, email } = await preview(proven);
    const { claims, groups, roles } = proven.person;
    try {
      return await users.create(
        { ...{ subject: id, username, email, emailVerified: true }, claims, groups, roles },
        by,
      );
    } catch (error) {
      if (error instanceof DuplicateError) return users.find(id);
      throw error;
    }
  };

  return {
    preview,
    async create(proven, from) {
      const by = { ...from, actor: `identity_provider:${proven.provider}` };
      const claimed = randomId();
      const answer = await identities.connect({ id: claimed, by }, proven);
      const owner = await authenticators.findByKey(identityKey(proven));
      if (!owner || (answer === 'connected' && owner.userId !== claimed)) throw contended();
      const { userId } = owner;
      for (let tried = 0; tried < attempts; tried += 1) {
        const user = (await users.find(userId)) ?? (await attempt(userId, proven, by));
        if (user) return user;
      }
      throw contended();
    },
  };
}

/** Not counted up: that would tell how many have the name. */
function randomSuffix(): string {
  return randomId()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 5);
}

function contended(): CardeaError {
  return new CardeaError({
    ...{ code: 'conflict', status: 409 },
    message: 'This account is being made elsewhere at the moment. Try again.',
  });
}
