/**
 * Sign-in by passkey, alone or behind a password, and its set-up where one is required. A passkey is a whole sign-in: the
 * device has verified who uses it.
 */
import type { Context } from 'koa';
import {
  mayMakeFirst,
  type Passkeys,
  type Proof,
  type SignInProgress,
} from '../authentication/room.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import { sha256 } from '../digests.ts';
import { requestState } from '../http/request_state.ts';
import type { InteractionResults } from '../oidc/room.ts';
import type { Revocations } from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import type { SignInCourse } from './advance.ts';
import type { BegunSignIns } from './begun_sign_ins.ts';
import type { CountedAttempts } from './counted_attempts.ts';
import { field, wishesToStay } from './form_fields.ts';
import { type Interaction, signInPage } from './interaction.ts';
import { purposes } from './passkey_pages.ts';
import type { RefusedSignIn, RefusedSignIns } from './refused_sign_in.ts';
import { seeOther } from './see_other.ts';

type Submit = (
  ctx: Context,
  interaction: Interaction,
  form: URLSearchParams,
) => Promise<InteractionResults | undefined>;

export type PasskeyStep = {
  /** One was used. Field: `credential`. */
  submit: Submit;
  /** One was made. Field: `credential`. */
  setUp: Submit;
};

/** What a cookie has room for. */
const longestSignalledId = 700;
/** Of what the operator is told. */
const longestReason = 300;

export function createPasskeyStep({
  passkeys,
  course,
  begun,
  attempts,
  refusedSignIns,
  users,
  revocations,
  offersToStay,
  clock,
}: {
  passkeys: Passkeys;
  course: SignInCourse;
  begun: BegunSignIns;
  attempts: CountedAttempts;
  refusedSignIns: RefusedSignIns;
  users: Pick<Users, 'find'>;
  revocations: Pick<Revocations, 'sequence'>;
  /** Whether people may stay signed in when the browser is closed. */
  offersToStay: boolean;
  clock: Clock;
}): PasskeyStep {
  const tell = (ctx: Context, { client }: Interaction, error: string, why: string) => {
    const detail = why.slice(0, longestReason);
    requestState(ctx).refusal = () => ({ error, detail, client_id: client.clientId });
  };

  return {
    async submit(ctx, interaction, form) {
      const { requestId, address } = requestState(ctx);
      const staysSignedIn = offersToStay && wishesToStay(form);
      const assertion = passkeys.read(field(form, 'credential') ?? '');
      const begunSignIn = await begun.find(interaction, false);
      const confirming = begunSignIn && purposes.confirm(interaction, begunSignIn.userId);
      const isConfirmation = assertion && confirming && passkeys.isFor(confirming, assertion);
      const userId = isConfirmation ? begunSignIn?.userId : undefined;
      const purpose = isConfirmation ? confirming : purposes.signIn(interaction);

      // Before the check: a revocation that comes meanwhile is not missed.
      const at = epochSeconds(clock);
      const asOf = await revocations.sequence();
      let proven: { userId: string; isSyncable: boolean } | undefined;
      /** The same words for whatever is wrong with it; of those who have no account here any more, too. */
      const check = async (): Promise<Omit<RefusedSignIn, 'username'> | undefined> => {
        const refuse = (why: string, more: Partial<RefusedSignIn> = {}) => {
          const error = more.error ?? 'invalid_passkey';
          tell(ctx, interaction, error, why);
          return { staysSignedIn, ...more, error };
        };
        if (!assertion) return refuse('it is no passkey');
        const from = { ip: address.ip, requestId };
        const result = await passkeys.prove(assertion, { purpose, userId, from });
        if (!result.isProven) {
          const { problem, why } = result;
          if (problem === 'copied') return refuse(why, { error: 'copied_passkey' });
          const isUnknown = problem === 'unknown' && assertion.id.length <= longestSignalledId;
          return refuse(why, isUnknown ? { unknownPasskey: assertion.id } : {});
        }
        const user = await users.find(result.userId);
        if (!user || user.disabledAt !== undefined) return refuse('the user is disabled');
        proven = result;
        return undefined;
      };
      const isRight = await attempts(ctx, interaction, {
        ...{ what: 'passkey', account: sha256(assertion?.id ?? '') },
        ...{ failed: 'sign_in.failed', throttled: 'sign_in.throttled', check },
      });
      if (!isRight || !proven) return undefined;
      const proof: Proof = { method: 'passkey', at, isSyncable: proven.isSyncable };
      const first = { userId: proven.userId, asOf, staysSignedIn };
      return course.advance(ctx, interaction, progressBy(proof, first, begunSignIn));
    },

    async setUp(ctx, interaction, form) {
      const { user, progress, next } = await begun.require(ctx, interaction);
      if (next.step !== 'set_up' || next.kind !== 'passkey') {
        return course.advance(ctx, interaction, progress);
      }
      const { requestId, address } = requestState(ctx);
      const registered = await passkeys.add(field(form, 'credential') ?? '', {
        ...{ purpose: purposes.setUp(interaction, user.id), userId: user.id },
        by: { actor: `user:${user.id}`, ip: address.ip, requestId },
        mayAdd: (record) => mayMakeFirst(record, progress.proofs),
      });
      // Somebody has set one up meanwhile, who knows the password, too: that one is asked for.
      if (!registered.isAdded && registered.problem === 'not_allowed') {
        return course.advance(ctx, interaction, progress);
      }
      if (!registered.isAdded) {
        const error = registered.problem === 'too_many' ? 'too_many_passkeys' : 'new_passkey';
        tell(ctx, interaction, error, registered.why);
        refusedSignIns.write(ctx, interaction, { error, username: '' });
        seeOther(ctx, signInPage(interaction));
        return undefined;
      }
      refusedSignIns.clear(ctx, interaction);
      const { isSyncable } = registered.passkey;
      const proof: Proof = { method: 'passkey', at: epochSeconds(clock), isSyncable };
      const proofs = [...progress.proofs, proof];
      return course.advance(ctx, interaction, { ...progress, proofs });
    },
  };
}

/** A passkey adds to what this person has just proven; it stands for itself where that was a session, or another's. */
function progressBy(
  proof: Proof,
  first: Pick<SignInProgress, 'userId' | 'asOf' | 'staysSignedIn'>,
  begun: SignInProgress | undefined,
): SignInProgress {
  if (begun?.userId !== first.userId) return { ...first, proofs: [proof], isStepUp: false };
  if (begun.isStepUp) return { ...begun, proofs: [proof] };
  return { ...begun, proofs: [...begun.proofs, proof] };
}
