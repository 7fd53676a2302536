/**
 * The step behind the first proof: a second factor, or the setting up of one where client, API or role require it. A
 * person whose session is only too weak begins here.
 */
import type { Context } from 'koa';
import type { AuditSink } from '../audit/room.ts';
import {
  type Authentication,
  mayMakeFirst,
  type Passkeys,
  type Proof,
} from '../authentication/room.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { requestState } from '../http/request_state.ts';
import { expiredInteraction, type InteractionResults } from '../oidc/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { qrCode } from '../pages/qr_code.ts';
import type { SignInCourse, Standing } from './advance.ts';
import type { BegunSignIns } from './begun_sign_ins.ts';
import type { CountedAttempts } from './counted_attempts.ts';
import { field } from './form_fields.ts';
import type { Interaction } from './interaction.ts';
import { pageUser } from './page_user.ts';
import { type PasskeyPages, purposes } from './passkey_pages.ts';
import type { StepPages } from './step_pages.ts';

type Submit = (
  ctx: Context,
  interaction: Interaction,
  form: URLSearchParams,
) => Promise<InteractionResults | undefined>;

export type SecondStep = {
  /** False, and shows nothing, where no first proof was given, or too long ago for what comes next. */
  show(
    ctx: Context,
    interaction: Interaction,
    options: { isOtherAccount: boolean },
  ): Promise<boolean>;
  /** A code of the second factor. */
  submit: Submit;
  /** A code of the app that is set up; the recovery codes follow. */
  setUp: Submit;
  /** From the recovery codes on, or with what the browser has made of an offer. Field: `credential`. */
  goOn: Submit;
};

/** Longer than any code, however it is grouped. */
const longestCode = 64;
const daySeconds = 86_400;

export function createSecondStep({
  authentication: { totps, recoveryCodes, trustedBrowsers, progresses },
  passkeys,
  course,
  begun,
  attempts,
  pages,
  passkeyPages,
  trustCookie,
  audit,
  renderer,
  issuer,
  clock,
}: {
  authentication: Authentication;
  passkeys: Pick<Passkeys, 'add'>;
  course: SignInCourse;
  begun: BegunSignIns;
  attempts: CountedAttempts;
  pages: StepPages;
  passkeyPages: PasskeyPages;
  trustCookie: BrowserCookie;
  audit: Pick<AuditSink, 'record'>;
  renderer: PageRenderer;
  /** As authenticator apps show it. */
  issuer: string;
  clock: Clock;
}): SecondStep {
  /** False: it was refused, and the page says why. */
  const attempt = (
    ctx: Context,
    interaction: Interaction,
    userId: string,
    isRight: () => Promise<boolean>,
  ): Promise<boolean> =>
    attempts(ctx, interaction, {
      ...{ what: 'second_factor', account: userId, userId },
      ...{ failed: 'sign_in.second_factor_failed', throttled: 'sign_in.second_factor_failed' },
      check: async () => ((await isRight()) ? undefined : { error: 'wrong_code' }),
    });

  const sharedData = (ctx: Context, interaction: Interaction, user: Standing['user']) => ({
    ...{ ...pages.shared(ctx, interaction), user: pageUser(user) },
    ...pages.problem(ctx, interaction, ['wrong_code']),
  });

  const showCode = async (
    ctx: Context,
    interaction: Interaction,
    { user, progress }: Standing,
    options: readonly string[],
  ) => {
    const { paths, uiLocales } = interaction;
    const hasCodes = options.includes('recovery_code');
    const isRecovery = ctx.query.with === 'recovery_code' && hasCodes;
    const mayTrust = trustedBrowsers.lifetime > 0 && !progress.isStepUp;
    const data = {
      ...{ ...sharedData(ctx, interaction, user), action: paths.secondFactor },
      method: isRecovery ? ('recovery_code' as const) : ('totp' as const),
      ...(hasCodes && {
        otherMethod: isRecovery ? paths.page : `${paths.page}&with=recovery_code`,
      }),
      ...(mayTrust && { trustDays: Math.ceil(trustedBrowsers.lifetime / daySeconds) }),
      ...(options.includes('passkey') && {
        passkey: await passkeyPages.confirmForm(interaction, user.id),
      }),
    };
    renderer.render(ctx, 'second_factor', data, { uiLocales });
  };

  const showNewApp = async (
    ctx: Context,
    interaction: Interaction,
    { user, progress }: Standing,
  ) => {
    const { paths, uiLocales } = interaction;
    const sealed = progress.newTotp ?? totps.begin(user.id);
    if (!progress.newTotp) await progresses.save(interaction.uid, { ...progress, newTotp: sealed });
    const { typed, uri } = totps.show({ id: user.id, issuer, label: user.username }, sealed);
    const data = {
      ...{ ...sharedData(ctx, interaction, user), action: paths.authenticatorApp },
      ...{ secret: typed, uri, qr: qrCode(uri) },
    };
    renderer.render(ctx, 'authenticator_app', data, { uiLocales });
  };

  const by = (ctx: Context, userId: string) => {
    const { requestId, address } = requestState(ctx);
    return { actor: `user:${userId}`, ip: address.ip, requestId };
  };

  return {
    async show(ctx, interaction, { isOtherAccount }) {
      const progress = await begun.find(interaction, isOtherAccount);
      if (!progress) return false;
      const standing = await course.standingOf(ctx, interaction, progress);
      const { user, next } = standing;
      if (next.step === 'sign_in') return false;
      if (next.step === 'done') {
        const isOffer = progress.offersPasskey === true;
        await passkeyPages.showGoOn(ctx, interaction, user, { isOffer });
      } else if (next.step === 'ask') {
        const isCode = next.options.includes('totp');
        if (isCode) await showCode(ctx, interaction, standing, next.options);
        else await passkeyPages.showConfirm(ctx, interaction, user);
      } else if (next.kind === 'passkey') {
        await passkeyPages.showSetUp(ctx, interaction, user);
      } else {
        await showNewApp(ctx, interaction, standing);
      }
      return true;
    },

    async submit(ctx, interaction, form) {
      const { user, progress, next } = await begun.require(ctx, interaction);
      if (next.step !== 'ask') return course.advance(ctx, interaction, progress);
      const code = (field(form, 'code') ?? '').slice(0, longestCode);
      const isRecovery = field(form, 'method') === 'recovery_code';
      const method: Proof['method'] = isRecovery ? 'recovery_code' : 'totp';
      if (!next.options.includes(method)) throw expiredInteraction();
      const isRight = () =>
        isRecovery
          ? recoveryCodes.spend(user.id, code, by(ctx, user.id))
          : totps.spend(user.id, code);
      if (!(await attempt(ctx, interaction, user.id, isRight))) return undefined;
      if (field(form, 'trust') === 'yes' && trustedBrowsers.lifetime > 0 && !isRecovery) {
        const from = { ...by(ctx, user.id), userAgent: ctx.get('user-agent') };
        trustCookie.write(ctx, await trustedBrowsers.trust(user, from), trustedBrowsers.lifetime);
        const { userAgent: _userAgent, ...who } = from;
        await audit.record({
          ...{ type: 'trusted_browser.added', outcome: 'success', userId: user.id, ...who },
        });
      }
      const proof: Proof = { method, at: epochSeconds(clock) };
      return course.advance(ctx, interaction, {
        ...{ ...progress, proofs: [...progress.proofs.filter(isFirst), proof] },
      });
    },

    async setUp(ctx, interaction, form) {
      const { user, progress, next } = await begun.require(ctx, interaction);
      const { newTotp: sealed } = progress;
      if (next.step !== 'set_up' || !sealed) return course.advance(ctx, interaction, progress);
      const code = (field(form, 'code') ?? '').slice(0, longestCode);
      const owner = { id: user.id, by: by(ctx, user.id) };
      const { newTotp: _done, ...rest } = progress;
      let isLate = false;
      const confirm = async () => {
        const result = await totps.confirm(owner, { sealed, code, name: '', isFirst: true });
        isLate = result === 'late';
        return result !== 'wrong';
      };
      if (!(await attempt(ctx, interaction, user.id, confirm))) return undefined;
      // Somebody has set one up meanwhile, who knows the password, too: that one is asked for.
      if (isLate) return course.advance(ctx, interaction, rest);
      const codes = await recoveryCodes.renew(user.id, owner.by);
      const proof: Proof = { method: 'totp', at: epochSeconds(clock) };
      await progresses.save(interaction.uid, { ...rest, proofs: [...progress.proofs, proof] });
      const { paths, uiLocales } = interaction;
      const data = { ...pages.shared(ctx, interaction), action: paths.goOn, codes };
      renderer.render(ctx, 'recovery_codes', data, { uiLocales });
      return undefined;
    },

    async goOn(ctx, interaction, form) {
      const { user, progress } = await begun.require(ctx, interaction);
      const credential = field(form, 'credential');
      if (progress.offersPasskey && credential) {
        // Nobody has asked for it: nobody waits for it, or is told where it fails.
        await passkeys.add(credential, {
          ...{ purpose: purposes.offer(interaction, user.id), userId: user.id, isSilent: true },
          mayAdd: (record) => mayMakeFirst(record, progress.proofs),
          by: by(ctx, user.id),
        });
      }
      return course.advance(ctx, interaction, progress);
    },
  };
}

function isFirst({ method }: Proof): boolean {
  return method === 'password' || method === 'provider';
}
