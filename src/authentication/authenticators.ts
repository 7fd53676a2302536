/**
 * Changes of what a person signs in with, each with its audit event. Two at the same time are made one after the other.
 */
import { type AuditContext, type ChangeSink, onRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { CardeaError } from '../errors.ts';
import type { AuthenticatorStore, AuthenticatorsRecord } from '../storage/authenticators.ts';
import { changeRecord } from '../storage/change_record.ts';
import { DuplicateError } from '../storage/errors.ts';

/** What an event says of the authenticator. */
type About = {
  type: AuditEventType;
  by: AuditContext;
  details?: Record<string, unknown>;
};

export type Authenticators = {
  find(userId: string): Promise<AuthenticatorsRecord | undefined>;
  findByKey: AuthenticatorStore['findByKey'];
  /**
   * Changes the person's record by what `decide` answers to it as it is then; undefined: nothing is changed, and nothing
   * is on record. `about` undefined: the use of one, which is part of a sign-in's own event. Throws what `decide` throws,
   * DuplicateError, and CardeaError `conflict` (409).
   */
  change(
    userId: string,
    about: About | undefined,
    decide: (record: AuthenticatorsRecord) => Partial<AuthenticatorsRecord> | undefined,
  ): Promise<boolean>;
  /** Of a user who is gone. */
  removeAll(userId: string): Promise<void>;
};

export function createAuthenticators({
  store,
  audit,
  clock,
}: {
  store: AuthenticatorStore;
  audit: ChangeSink;
  clock: Clock;
}): Authenticators {
  /** False where somebody else was faster. */
  const write = async (
    next: AuthenticatorsRecord,
    { version }: AuthenticatorsRecord,
    event?: Parameters<AuthenticatorStore['create']>[1],
  ): Promise<boolean> => {
    if (version > 0) return store.update(next, event);
    try {
      await store.create(next, event);
      return true;
    } catch (error) {
      if (error instanceof DuplicateError && (await store.find(next.userId))) return false;
      throw error;
    }
  };

  return {
    find: store.find,
    findByKey: store.findByKey,
    async change(userId, about, decide) {
      const { changed } = await changeRecord<AuthenticatorsRecord>(
        {
          find: async () => (await store.find(userId)) ?? noneOf(userId, clock.now()),
          update(next, found) {
            if (!about) return write(next, found);
            const { type, by, details } = about;
            return audit.recordChange(
              {
                ...{ type, outcome: 'success', userId, ...onRecord(by) },
                ...{ target: { kind: 'authenticators', id: userId }, ...(details && { details }) },
              },
              (event) => write(next, found, event),
            );
          },
          contended,
          clock,
        },
        decide,
      );
      return changed;
    },
    async removeAll(userId) {
      await store.remove(userId);
    },
  };
}

/** Of a person who has nothing yet; its version is that of nothing. */
function noneOf(userId: string, now: number): AuthenticatorsRecord {
  return {
    ...{ userId, passkeys: [], totps: [], identities: [] },
    ...{ createdAt: now, updatedAt: now, version: 0 },
  };
}

function contended(): CardeaError {
  return new CardeaError({
    ...{ code: 'conflict', status: 409 },
    message: 'Ways to sign in are being changed elsewhere at the moment. Try again.',
  });
}
