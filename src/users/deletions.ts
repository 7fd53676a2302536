/**
 * Deleting an account with a delay, in which its person can change their mind: from the request on nobody can do anything
 * with the account, signing in keeps it, and when the time has come it is removed with everything that belongs to it.
 */
import { bySystem, type ChangeContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { CardeaError } from '../errors.ts';
import type { UserRecord, UserStore } from '../storage/users.ts';
import type { RevocationTarget } from '../tokens/room.ts';

export type Deletions = {
  /**
   * Has the account removed at `at` (ms), and ends all that it has now, as `disable` does; its API keys are refused for as
   * long as it waits. For one that waits already, `at` stays. It waits at least as long as its former owner can take an
   * address back. Throws CardeaError `not_found`, `last_owner` (409).
   */
  requestDeletion(id: string, at: number, by: ChangeContext): Promise<UserRecord>;
  /** Somebody has signed in: an account that waits for its deletion stays. Answers whether one did. */
  keep(id: string, by: ChangeContext): Promise<boolean>;
  /** Removes accounts whose time has come, a bounded number; answers how many, and which could not be removed. */
  removeDue(): Promise<{ removed: number; failed: { id: string; error: unknown }[] }>;
};

type Decide = (user: UserRecord) => Partial<UserRecord> | null | undefined;

const batch = 100;

export function createDeletions({
  store,
  clock,
  findKnown,
  endWith,
  modify,
  userEnds,
  userGone,
}: {
  store: Pick<UserStore, 'find' | 'list'>;
  clock: Clock;
  findKnown: (id: string) => Promise<UserRecord>;
  /** Changes a user, or removes it, and ends what it has. */
  endWith(
    id: string,
    type: AuditEventType,
    by: ChangeContext,
    decide: Decide,
    target?: RevocationTarget,
  ): Promise<{ changed: boolean }>;
  modify(
    id: string,
    type: AuditEventType,
    by: ChangeContext,
    change: (user: UserRecord) => Partial<UserRecord> | undefined,
  ): Promise<{ changed: boolean }>;
  userEnds: (id: string, by: ChangeContext) => Promise<void>;
  userGone: (id: string) => Promise<void>;
}): Deletions {
  const isDue = ({ deletion }: UserRecord) => deletion !== undefined && deletion.at <= clock.now();

  /** API keys, too: they would outlive it as keys of nobody. */
  const removeIfDue = async (id: string) => {
    const user = await store.find(id);
    if (!user || !isDue(user)) return false;
    await userEnds(id, bySystem);
    const target = { accountId: id, keys: true } as const;
    const decide: Decide = (newest) => (isDue(newest) ? null : undefined);
    const { changed } = await endWith(id, 'user.deleted', bySystem, decide, target);
    if (changed) await userGone(id);
    return changed;
  };

  return {
    async requestDeletion(id, at, by) {
      const requestedAt = clock.now();
      await userEnds(id, by);
      await endWith(id, 'user.deletion_requested', by, ({ deletion, formerEmails = [] }) => {
        if (deletion !== undefined) return undefined;
        const latest = Math.max(at, ...formerEmails.map(({ until }) => until));
        return { deletion: { requestedAt, at: latest } };
      });
      return findKnown(id);
    },

    async keep(id, by) {
      // Most people only sign in.
      if ((await store.find(id))?.deletion === undefined) return false;
      const { changed } = await modify(id, 'user.deletion_cancelled', by, ({ deletion }) =>
        deletion === undefined ? undefined : { deletion: undefined },
      );
      return changed;
    },

    async removeDue() {
      let removed = 0;
      const failed: { id: string; error: unknown }[] = [];
      let after: string | undefined;
      do {
        const page = await store.list({ isLeaving: true, limit: batch, after });
        for (const { id } of page.items.filter(isDue)) {
          try {
            if (await removeIfDue(id)) removed += 1;
          } catch (error) {
            // Another process was faster.
            if (error instanceof CardeaError && error.code === 'not_found') continue;
            failed.push({ id, error });
          }
        }
        after = page.next;
      } while (after !== undefined && removed < batch);
      return { removed, failed };
    },
  };
}
