/**
 * A sign-in that has begun: in this interaction, or with the session that it adds to.
 */
import type { Context } from 'koa';
import { type Authentication, proofsBehind, type SignInProgress } from '../authentication/room.ts';
import { expiredInteraction, type SessionSignIn, tooWeak } from '../oidc/room.ts';
import type { SignInCourse, Standing } from './advance.ts';
import type { Interaction } from './interaction.ts';

export type BegunSignIns = {
  /** What was proven so far; undefined: nothing. `isOtherAccount`: the person has just refused the one of the session. */
  find(interaction: Interaction, isOtherAccount: boolean): Promise<SignInProgress | undefined>;
  /** Where it stands. Throws expiredInteraction(): the form is of a page that is not there any more. */
  require(ctx: Context, interaction: Interaction): Promise<Standing>;
};

export function createBegunSignIns({
  progresses,
  course,
  findSession,
}: {
  progresses: Pick<Authentication['progresses'], 'find'>;
  course: Pick<SignInCourse, 'standingOf'>;
  /** The sign-in of a session, by its uid. */
  findSession: (uid: string) => Promise<SessionSignIn | undefined>;
}): BegunSignIns {
  const find: BegunSignIns['find'] = async ({ uid, record, accountId }, isOtherAccount) => {
    const saved = await progresses.find(uid);
    if (saved) return saved;
    const { reasons } = record.prompt;
    if (isOtherAccount || reasons.length !== 1 || reasons[0] !== tooWeak) return undefined;
    const session = record.session && (await findSession(record.session.uid));
    if (!session || session.userId !== accountId) return undefined;
    const { userId, asOf } = session;
    return { userId, asOf, proofs: proofsBehind(session), isStepUp: true };
  };

  return {
    find,
    async require(ctx, interaction) {
      const progress = await find(interaction, false);
      if (!progress) throw expiredInteraction();
      return course.standingOf(ctx, interaction, progress);
    },
  };
}
