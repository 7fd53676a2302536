/**
 * Attempts at a proof that are not of a password: counted before they are checked, refused with a word on the page that
 * they came from, and on record.
 */
import type { Context } from 'koa';
import type { RepeatableSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { requestState } from '../http/request_state.ts';
import type { SignInThrottle } from '../rate_limits/room.ts';
import { type Interaction, signInPage } from './interaction.ts';
import type { KnownBrowsers } from './known_browsers.ts';
import type { RefusedSignIn, RefusedSignIns } from './refused_sign_in.ts';
import { seeOther } from './see_other.ts';

type Attempt = {
  /** What is guessed at, and whose: as SignInAttempt has it. */
  what: 'second_factor' | 'passkey';
  account: string;
  /** What is on record where it fails, or comes too often. */
  failed: 'sign_in.failed' | 'sign_in.second_factor_failed';
  throttled: 'sign_in.throttled' | 'sign_in.second_factor_failed';
  /** Whose it is, where that is known. */
  userId?: string | undefined;
  /** Undefined: it is right. */
  check: () => Promise<Omit<RefusedSignIn, 'username'> | undefined>;
};

/** False: it was refused, and the browser is on its way back to the page, which says why. */
export type CountedAttempts = (
  ctx: Context,
  interaction: Interaction,
  attempt: Attempt,
) => Promise<boolean>;

export function createCountedAttempts({
  throttle,
  refusedSignIns,
  knownBrowsers,
  audit,
  clock,
}: {
  throttle: SignInThrottle;
  refusedSignIns: RefusedSignIns;
  knownBrowsers: KnownBrowsers | undefined;
  audit: RepeatableSink;
  clock: Clock;
}): CountedAttempts {
  return async (ctx, interaction, { what, account, failed, throttled, userId, check }) => {
    const { requestId, address } = requestState(ctx);
    const counted = { what, account, address: address.ip };
    const refuse = async (
      type: Attempt['failed'] | Attempt['throttled'],
      refused: Omit<RefusedSignIn, 'username'>,
    ) => {
      await audit.recordRepeatable({
        ...{ type, outcome: 'failure', ...(userId !== undefined && { userId }) },
        ...{ clientId: interaction.client.clientId, ip: address.ip, requestId },
      });
      refusedSignIns.write(ctx, interaction, { ...refused, username: '' });
      seeOther(ctx, signInPage(interaction));
      return false;
    };
    const permission = await throttle.check(counted);
    if (!permission.allowed) {
      if (userId !== undefined) knownBrowsers?.guessed(ctx, userId);
      const until = clock.now() + permission.retryAfterSeconds * 1000;
      return refuse(throttled, { error: 'throttled', until });
    }
    const refused = await check().catch(async (error) => {
      // Nothing was decided: it must not count as a wrong one.
      await throttle.abandoned(counted);
      throw error;
    });
    if (refused) {
      await throttle.failed(counted);
      return refuse(failed, refused);
    }
    await throttle.succeeded(counted);
    refusedSignIns.clear(ctx, interaction);
    return true;
  };
}
