/**
 * Changes of what a person signs in with, each with its audit event. Two at the same time are made one after the other.
 */
import { type AuditContext, type ChangeSink, onRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { CardeaError } from '../errors.ts';
import type { AuthenticatorStore, AuthenticatorsRecord } from '../storage/authenticators.ts';
import { maxAttempts, nextVersion } from '../storage/change_record.ts';
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
  /** Undefined where somebody else was faster. */
  const attempt = async (
    userId: string,
    about: About | undefined,
    decide: (record: AuthenticatorsRecord) => Partial<AuthenticatorsRecord> | undefined,
  ): Promise<boolean | undefined> => {
    const found = await store.find(userId);
    const now = clock.now();
    const record = found ?? noneOf(userId, now);
    const difference = decide(record);
    if (!difference) return false;
    const write = async (event?: Parameters<AuthenticatorStore['create']>[1]) => {
      if (found) return store.update(nextVersion(record, difference, now), event);
      try {
        await store.create({ ...record, ...difference }, event);
        return true;
      } catch (error) {
        if (error instanceof DuplicateError && (await store.find(userId))) return false;
        throw error;
      }
    };
    if (!about) return (await write()) || undefined;
    const { type, by, details } = about;
    const isWritten = await audit.recordChange(
      {
        ...{ type, outcome: 'success', userId, ...onRecord(by) },
        ...{ target: { kind: 'authenticators', id: userId }, ...(details && { details }) },
      },
      write,
    );
    return isWritten || undefined;
  };

  return {
    find: store.find,
    findByKey: store.findByKey,
    async change(userId, about, decide) {
      for (let count = 0; count < maxAttempts; count += 1) {
        const isChanged = await attempt(userId, about, decide);
        if (isChanged !== undefined) return isChanged;
      }
      throw new CardeaError({
        ...{ code: 'conflict', status: 409 },
        message: 'Ways to sign in are being changed elsewhere at the moment. Try again.',
      });
    },
    async removeAll(userId) {
      await store.remove(userId);
    },
  };
}

function noneOf(userId: string, now: number): AuthenticatorsRecord {
  return {
    ...{ userId, passkeys: [], totps: [], identities: [] },
    ...{ createdAt: now, updatedAt: now, version: 1 },
  };
}
