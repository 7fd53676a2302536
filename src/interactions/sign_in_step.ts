/**
 * The sign-in step: username and password. What an answer reveals is the same for a wrong password, an
 * unknown user and a disabled one; guessing is slowed down without locking anybody out of their account.
 */
import type { Context } from 'koa';
import type { RepeatableSink } from '../audit/room.ts';
import type { Authentication } from '../authentication/room.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import { lifetimes } from '../definitions/lifetimes.ts';
import { fingerprint } from '../digests.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { requestState } from '../http/request_state.ts';
import type { InteractionResults } from '../oidc/room.ts';
import { pageClient } from '../oidc/room.ts';
import type { SignInData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { SignInThrottle } from '../rate_limits/room.ts';
import type { Revocations } from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import { type Advance, isBeforeSensitiveAct } from './advance.ts';
import { field, wishesToStay } from './form_fields.ts';
import { type Interaction, signInPage } from './interaction.ts';
import type { LastWay } from './last_way.ts';
import type { PasskeyPages } from './passkey_pages.ts';
import type { ProviderStep } from './providers/provider_step.ts';
import type { RefusedSignIn, RefusedSignIns } from './refused_sign_in.ts';
import { seeOther } from './see_other.ts';

export type SignInStep = {
  /** With what the last attempt was refused for. `isOtherAccount`: the person has just refused the one hinted at. */
  show(ctx: Context, interaction: Interaction, options: { isOtherAccount: boolean }): void;
  /** Whether it has to say why the last attempt was refused. */
  hasWord(ctx: Context, interaction: Interaction): boolean;
  /** Forgets what an earlier attempt was refused for, and what it has proven. */
  begin(ctx: Context, interaction: Interaction): Promise<void>;
  submit(
    ctx: Context,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<InteractionResults | undefined>;
};

type Problem = Pick<
  SignInData,
  'error' | 'retryAfterSeconds' | 'username' | 'signals' | 'provider' | 'reference'
> & {
  staysSignedIn?: boolean | undefined;
};

/** Beyond this nothing is a username or a password; it is cut before it reaches a log or a hash. */
const longestUsername = 200;
const longestPassword = 1024;

export function createSignInStep({
  users,
  throttle,
  deviceCookie,
  refusedSignIns,
  audit,
  renderer,
  revocations,
  advance,
  progresses,
  recoveryPath,
  offersToStay,
  lastWay,
  passkeyForm,
  providerStep,
  rpId,
  clock,
}: {
  users: Pick<Users, 'authenticate' | 'signInFault'>;
  throttle: SignInThrottle;
  deviceCookie: BrowserCookie;
  refusedSignIns: RefusedSignIns;
  audit: RepeatableSink;
  renderer: PageRenderer;
  revocations: Pick<Revocations, 'sequence'>;
  advance: Advance;
  progresses: Pick<Authentication['progresses'], 'end'>;
  /** Undefined where there is no recovery. */
  recoveryPath: string | undefined;
  /** Whether people may stay signed in when the browser is closed. */
  offersToStay: boolean;
  lastWay: Pick<LastWay, 'read'>;
  passkeyForm: PasskeyPages['signInForm'];
  providerStep: Pick<ProviderStep, 'offered' | 'sendByAddress'>;
  /** The domain of the passkeys. */
  rpId: string;
  clock: Clock;
}): SignInStep {
  /** The last attempt, as the page says it. A throttle that has run out is none any more. */
  const problemOf = (refused: RefusedSignIn | undefined): Problem => {
    const { error, username, staysSignedIn, until, unknownPasskey } = refused ?? {};
    const { provider, reference } = refused ?? {};
    const typed = { username, staysSignedIn };
    // Of a page behind this one.
    if (error === 'wrong_code' || error === 'new_passkey' || error === 'too_many_passkeys') {
      return typed;
    }
    if (until === undefined)
      return {
        ...{ error, ...typed, provider, reference },
        ...(unknownPasskey && { signals: { rpId, unknown: unknownPasskey } }),
      };
    const retryAfterSeconds = Math.ceil((until - clock.now()) / 1000);
    return retryAfterSeconds > 0 ? { error, ...typed, retryAfterSeconds } : typed;
  };

  return {
    show(ctx, interaction, { isOtherAccount }) {
      const { client, params, paths, hidden, signUpPath, uiLocales } = interaction;
      const hint = isOtherAccount ? undefined : params.login_hint;
      const { staysSignedIn = false, ...problem } = problemOf(
        refusedSignIns.read(ctx, interaction),
      );
      const { error, retryAfterSeconds } = problem;
      if (error && error !== 'provider_link')
        ctx.status = retryAfterSeconds === undefined ? 401 : 429;
      if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
      const data: SignInData = {
        action: paths.signIn,
        cancelAction: paths.cancel,
        hidden,
        isAgain: isBeforeSensitiveAct(interaction),
        client: pageClient(client, renderer.locale(ctx, { uiLocales }), params.redirect_uri),
        ...(recoveryPath !== undefined && {
          recoveryPath: `${recoveryPath}?${new URLSearchParams({ restart: interaction.restart })}`,
        }),
        signUpPath: signUpPath(),
        passkey: passkeyForm(interaction),
        providers: providerStep.offered(interaction),
        lastWay: lastWay.read(ctx),
        // The session that is there already stays as it is.
        ...(offersToStay && (isOtherAccount || !interaction.accountId) && { staysSignedIn }),
        ...problem,
        username:
          problem.username ??
          (typeof hint === 'string' ? hint.slice(0, longestUsername) : undefined),
      };
      renderer.render(ctx, 'sign_in', data, { uiLocales });
    },

    hasWord: (ctx, interaction) => refusedSignIns.read(ctx, interaction) !== undefined,

    async begin(ctx, interaction) {
      refusedSignIns.clear(ctx, interaction);
      await progresses.end(interaction.uid);
    },

    async submit(ctx, interaction, form) {
      const username = field(form, 'username')?.trim() ?? '';
      const password = field(form, 'password') ?? '';
      const staysSignedIn = offersToStay && wishesToStay(form);
      // A typed password is tried: whoever has one here needs no provider.
      if (password === '' && (await providerStep.sendByAddress(ctx, interaction, form, username))) {
        return undefined;
      }
      const { requestId, address } = requestState(ctx);
      const attempt = {
        account: username,
        address: address.ip,
        deviceCookie: deviceCookie.read(ctx),
      };
      const by = { clientId: interaction.client.clientId, ip: address.ip, requestId };
      const recordFailure = (type: 'sign_in.failed' | 'sign_in.throttled') =>
        audit.recordRepeatable({ type, outcome: 'failure', ...by });
      /** What was typed as a username may be a password. */
      const tell = (error: string, reason: () => string | Promise<string>) => {
        requestState(ctx).refusal = async () => ({
          error,
          detail: await reason(),
          client_id: interaction.client.clientId,
          username_fingerprint: fingerprint(username),
        });
      };
      const refuse = (refused: Omit<RefusedSignIn, 'username' | 'staysSignedIn'>) => {
        const typed = { username: username.slice(0, longestUsername), staysSignedIn };
        refusedSignIns.write(ctx, interaction, { ...refused, ...typed });
        seeOther(ctx, signInPage(interaction));
        return undefined;
      };

      const plausible =
        username !== '' && username.length <= longestUsername && password.length <= longestPassword;
      if (!plausible) {
        tell('invalid_credentials', () => 'a field is empty, or too long');
        return refuse({ error: 'invalid_credentials' });
      }

      const permission = await throttle.check(attempt);
      if (!permission.allowed) {
        await recordFailure('sign_in.throttled');
        tell('throttled', () => 'too many attempts for this account, or from this address');
        const until = clock.now() + permission.retryAfterSeconds * 1000;
        return refuse({ error: 'throttled', until });
      }

      // Before the check, which may wait in a queue: a password that is changed meanwhile signs nobody in.
      const ts = epochSeconds(clock);
      const asOf = await revocations.sequence();
      const user = await users.authenticate(username, password, by).catch(async (error) => {
        // Nothing was decided (too busy, store lost): it must not count as a wrong password.
        await throttle.abandoned(attempt);
        throw error;
      });
      if (!user) {
        await throttle.failed(attempt);
        await recordFailure('sign_in.failed');
        tell('invalid_credentials', () => users.signInFault(username));
        return refuse({ error: 'invalid_credentials' });
      }
      const known = await throttle.succeeded(attempt);
      deviceCookie.write(ctx, known.deviceCookie, lifetimes.deviceCookie);
      refusedSignIns.clear(ctx, interaction);
      const progress = {
        ...{ userId: user.id, proofs: [{ method: 'password' as const, at: ts }], asOf },
        ...{ isStepUp: false, staysSignedIn },
        canMakePasskey: field(form, 'can_make_passkey') === 'yes',
        ...(user.passwordChangedAt !== undefined && { passwordChangedAt: user.passwordChangedAt }),
      };
      return advance(ctx, interaction, progress, user);
    },
  };
}
