/**
 * The step behind the first proof: a second factor, or the setting up of one where client, API or role require it. A
 * person whose session is only too weak begins here.
 */
import type { Context } from 'koa';
import type { AuditSink, RepeatableSink } from '../audit/room.ts';
import {
  type Authentication,
  type Proof,
  proofsBehind,
  type SignInProgress,
} from '../authentication/room.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { requestState } from '../http/request_state.ts';
import {
  expiredInteraction,
  type InteractionResults,
  pageClient,
  type SessionSignIn,
  tooWeak,
} from '../oidc/room.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { qrCode } from '../pages/qr_code.ts';
import type { SignInThrottle } from '../rate_limits/room.ts';
import type { SignInCourse, Standing } from './advance.ts';
import { field } from './form_fields.ts';
import { type Interaction, signInPage } from './interaction.ts';
import { pageUser } from './page_user.ts';
import type { RefusedSignIns } from './refused_sign_in.ts';
import { seeOther } from './see_other.ts';

type Submit = (
  ctx: Context,
  interaction: Interaction,
  form: URLSearchParams,
) => Promise<InteractionResults | undefined>;

export type SecondStep = {
  /** False, and shows nothing, where no first proof was given. */
  show(
    ctx: Context,
    interaction: Interaction,
    options: { isOtherAccount: boolean },
  ): Promise<boolean>;
  /** A code of the second factor. */
  submit: Submit;
  /** A code of the app that is set up; the recovery codes follow. */
  setUp: Submit;
  /** From the recovery codes on. */
  goOn: Submit;
};

/** Longer than any code, however it is grouped. */
const longestCode = 64;
const daySeconds = 86_400;

export function createSecondStep({
  authentication: { totps, recoveryCodes, trustedBrowsers, progresses },
  course,
  findSession,
  throttle,
  trustCookie,
  refusedSignIns,
  audit,
  renderer,
  issuer,
  clock,
}: {
  authentication: Authentication;
  course: SignInCourse;
  /** The sign-in of a session, by its uid. */
  findSession: (uid: string) => Promise<SessionSignIn | undefined>;
  throttle: SignInThrottle;
  trustCookie: BrowserCookie;
  refusedSignIns: RefusedSignIns;
  audit: AuditSink & RepeatableSink;
  renderer: PageRenderer;
  /** As authenticator apps show it. */
  issuer: string;
  clock: Clock;
}): SecondStep {
  /** What was proven in this interaction, or by the session that it adds to. */
  const progressOf = async (
    { uid, record, accountId }: Interaction,
    isOtherAccount: boolean,
  ): Promise<SignInProgress | undefined> => {
    const saved = await progresses.find(uid);
    if (saved) return saved;
    const { reasons } = record.prompt;
    if (isOtherAccount || reasons.length !== 1 || reasons[0] !== tooWeak) return undefined;
    const session = record.session && (await findSession(record.session.uid));
    if (!session || session.userId !== accountId) return undefined;
    const { userId, asOf } = session;
    return { userId, asOf, proofs: proofsBehind(session), isStepUp: true };
  };

  /** Where the sign-in stands; the form is of a page that is not there any more where that is over. */
  const require = async (ctx: Context, interaction: Interaction): Promise<Standing> => {
    const progress = await progressOf(interaction, false);
    if (!progress) throw expiredInteraction();
    return course.standingOf(ctx, interaction, progress);
  };

  const page = (ctx: Context, { client, params, paths, hidden, uiLocales }: Interaction) => ({
    ...{ hidden, cancelAction: paths.cancel, switchAction: paths.switch },
    client: pageClient(client, renderer.locale(ctx, { uiLocales }), params.redirect_uri),
  });

  const showProblem = (ctx: Context, interaction: Interaction) => {
    const { error, until } = refusedSignIns.read(ctx, interaction) ?? {};
    if (error === 'wrong_code') {
      ctx.status = 401;
      return { error };
    }
    const retryAfterSeconds = until === undefined ? 0 : Math.ceil((until - clock.now()) / 1000);
    if (error !== 'throttled' || retryAfterSeconds <= 0) return {};
    ctx.status = 429;
    ctx.set('Retry-After', String(retryAfterSeconds));
    return { error, retryAfterSeconds };
  };

  /** Counts the attempt; undefined: it was refused, and the page says why. */
  const attempt = async (
    ctx: Context,
    interaction: Interaction,
    userId: string,
    isRight: () => Promise<boolean>,
  ): Promise<true | undefined> => {
    const { requestId, address } = requestState(ctx);
    const counted = { account: `second factor of ${userId}`, address: address.ip };
    const refuse = async (
      refused: { error: 'wrong_code' } | { error: 'throttled'; until: number },
    ) => {
      await audit.recordRepeatable({
        ...{ type: 'sign_in.second_factor_failed', outcome: 'failure', userId },
        ...{ clientId: interaction.client.clientId, ip: address.ip, requestId },
      });
      refusedSignIns.write(ctx, interaction, { ...refused, username: '' });
      seeOther(ctx, signInPage(interaction));
      return undefined;
    };
    const permission = await throttle.check(counted);
    if (!permission.allowed) {
      const until = clock.now() + permission.retryAfterSeconds * 1000;
      return refuse({ error: 'throttled', until });
    }
    const isTaken = await isRight().catch(async (error) => {
      // Nothing was decided: it must not count as a wrong code.
      await throttle.abandoned(counted);
      throw error;
    });
    if (!isTaken) {
      await throttle.failed(counted);
      return refuse({ error: 'wrong_code' });
    }
    await throttle.succeeded(counted);
    refusedSignIns.clear(ctx, interaction);
    return true;
  };

  const by = (ctx: Context, userId: string) => {
    const { requestId, address } = requestState(ctx);
    return { actor: `user:${userId}`, ip: address.ip, requestId };
  };

  return {
    async show(ctx, interaction, { isOtherAccount }) {
      const begun = await progressOf(interaction, isOtherAccount);
      if (!begun) return false;
      const { user, progress, next } = await course.standingOf(ctx, interaction, begun);
      const { paths, uiLocales } = interaction;
      const shared = { ...page(ctx, interaction), user: pageUser(user) };
      if (next.step === 'ask') {
        const options = next.options.filter((option) => option !== 'passkey');
        const isRecovery = ctx.query.with === 'recovery_code' && options.includes('recovery_code');
        const data = {
          ...{ ...shared, ...showProblem(ctx, interaction), action: paths.secondFactor },
          method: isRecovery ? ('recovery_code' as const) : ('totp' as const),
          ...(options.length > 1 && {
            otherMethod: isRecovery ? paths.page : `${paths.page}&with=recovery_code`,
          }),
          ...(trustedBrowsers.lifetime > 0 &&
            !progress.isStepUp && { trustDays: Math.ceil(trustedBrowsers.lifetime / daySeconds) }),
        };
        renderer.render(ctx, 'second_factor', data, { uiLocales });
        return true;
      }
      const sealed = progress.newTotp ?? totps.begin(user.id);
      if (!progress.newTotp)
        await progresses.save(interaction.uid, { ...progress, newTotp: sealed });
      const { typed, uri } = totps.show({ id: user.id, issuer, label: user.username }, sealed);
      renderer.render(
        ctx,
        'authenticator_app',
        {
          ...{ ...shared, ...showProblem(ctx, interaction), action: paths.authenticatorApp },
          ...{ secret: typed, uri, qr: qrCode(uri) },
        },
        { uiLocales },
      );
      return true;
    },

    async submit(ctx, interaction, form) {
      const { user, progress, next } = await require(ctx, interaction);
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
      const { user, progress, next } = await require(ctx, interaction);
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
      const data = { ...page(ctx, interaction), action: paths.goOn, codes };
      renderer.render(ctx, 'recovery_codes', data, { uiLocales });
      return undefined;
    },

    async goOn(ctx, interaction) {
      const { progress } = await require(ctx, interaction);
      return course.advance(ctx, interaction, progress);
    },
  };
}

function isFirst({ method }: Proof): boolean {
  return method === 'password' || method === 'provider';
}
