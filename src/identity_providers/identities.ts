/**
 * Which identities at providers an account has: connected, disconnected, used. Each belongs to one account, whatever
 * happens at the same time: the store has a unique key for issuer and subject.
 */
import type { AuditContext } from '../audit/room.ts';
import {
  type Authenticators,
  mayLackPassword,
  type PasswordOwner,
} from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import { type AuthenticatorsRecord, identityKey } from '../storage/authenticators.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { ProvenIdentity } from './outcomes.ts';

type Owner = { id: string; by: AuditContext };

export type Identities = {
  /** `own`: it was connected already. `another`: it opens somebody else's account. `too_many`: of this account. */
  connect(
    owner: Owner,
    proven: ProvenIdentity,
  ): Promise<'connected' | 'own' | 'another' | 'too_many'>;
  /**
   * False where there is none of this key. `owner`: read before. Throws CardeaError `last_way_in` (409).
   */
  disconnect(owner: Owner, identity: { key: string; owner: PasswordOwner }): Promise<boolean>;
  used(userId: string, proven: ProvenIdentity): Promise<void>;
};

const most = 20;

export function createIdentities({
  authenticators,
  clock,
}: {
  authenticators: Pick<Authenticators, 'change' | 'find'>;
  clock: Clock;
}): Identities {
  return {
    async connect({ id, by }, proven) {
      const { provider, issuer, subject, label } = proven;
      const key = identityKey(proven);
      let answer: 'connected' | 'own' | 'too_many' = 'connected';
      const details = { kind: 'identity', name: provider };
      try {
        await authenticators.change(
          id,
          { type: 'authenticator.added', by, details },
          ({ identities }) => {
            answer = 'connected';
            if (identities.some((one) => identityKey(one) === key)) answer = 'own';
            else if (identities.length >= most) answer = 'too_many';
            if (answer !== 'connected') return undefined;
            const now = clock.now();
            const identity = { provider, issuer, subject, label, createdAt: now };
            return { identities: [...identities, identity] };
          },
        );
        return answer;
      } catch (error) {
        if (error instanceof DuplicateError) return 'another';
        throw error;
      }
    },

    async disconnect({ id, by }, { key, owner }) {
      const owned = await authenticators.find(id);
      const identity = owned?.identities.find((one) => identityKey(one) === key);
      if (!identity) return false;
      const details = { kind: 'identity', name: identity.provider };
      return authenticators.change(id, { type: 'authenticator.removed', by, details }, (record) => {
        const left = record.identities.filter((one) => identityKey(one) !== key);
        if (left.length === record.identities.length) return undefined;
        const isLast = left.length + record.passkeys.length === 0;
        if (isLast && mayLackPassword(record, owner)) throw lastWayIn();
        return { identities: left };
      });
    },

    async used(userId, proven) {
      const key = identityKey(proven);
      const { label, provider } = proven;
      await authenticators.change(userId, undefined, ({ identities }: AuthenticatorsRecord) => {
        const isThere = identities.some((one) => identityKey(one) === key);
        if (!isThere) return undefined;
        const lastUsedAt = clock.now();
        return {
          identities: identities.map((one) =>
            identityKey(one) === key ? { ...one, provider, label, lastUsedAt } : one,
          ),
        };
      });
    },
  };
}

function lastWayIn(): CardeaError {
  return new CardeaError({
    ...{ code: 'last_way_in', status: 409 },
    message: 'It is the only way in which this person can sign in. Set up another one first.',
  });
}
