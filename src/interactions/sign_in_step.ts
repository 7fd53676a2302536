/**
 * The sign-in step: username and password. What an answer reveals is the same for a wrong password, an
 * unknown user and a disabled one; guessing is slowed down without locking anybody out of their account.
 */
import type { Context } from 'koa';
import type { AuditSink, RepeatableSink } from '../audit/room.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import { fingerprint } from '../digests.ts';
import { requestState } from '../http/request_state.ts';
import type { InteractionResults } from '../oidc/room.ts';
import { pageClient, passwordSignIn } from '../oidc/room.ts';
import type { SignInData } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { SignInThrottle } from '../rate_limits/room.ts';
import type { Revocations } from '../tokens/room.ts';
import type { Users } from '../users/room.ts';
import type { DeviceCookie } from './device_cookie.ts';
import { field } from './form_fields.ts';
import type { Interaction } from './interaction.ts';

export type SignInStep = {
  show(ctx: Context, interaction: Interaction, problem?: SignInProblem): void;
  submit(
    ctx: Context,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<InteractionResults | undefined>;
};

type SignInProblem = Pick<SignInData, 'error' | 'retryAfterSeconds' | 'username'>;

/** Beyond this nothing is a username or a password; it is cut before it reaches a log or a hash. */
const longestUsername = 200;
const longestPassword = 1024;

export function createSignInStep({
  users,
  throttle,
  deviceCookie,
  audit,
  renderer,
  revocations,
  clock,
}: {
  users: Pick<Users, 'authenticate' | 'signInFault'>;
  throttle: SignInThrottle;
  deviceCookie: DeviceCookie;
  audit: AuditSink & RepeatableSink;
  renderer: PageRenderer;
  revocations: Pick<Revocations, 'sequence'>;
  clock: Clock;
}): SignInStep {
  const show: SignInStep['show'] = (ctx, interaction, problem = {}) => {
    const { client, params, paths, hidden, uiLocales } = interaction;
    const hint = typeof params.login_hint === 'string' ? params.login_hint : undefined;
    const data: SignInData = {
      action: paths.signIn,
      cancelAction: paths.cancel,
      hidden,
      client: pageClient(client, renderer.locale(ctx, { uiLocales }), params.redirect_uri),
      ...problem,
      username: problem.username ?? hint?.slice(0, longestUsername),
    };
    renderer.render(ctx, 'sign_in', data, { uiLocales });
  };

  return {
    show,
    async submit(ctx, interaction, form) {
      const username = field(form, 'username')?.trim() ?? '';
      const password = field(form, 'password') ?? '';
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
      const refuse = (status: number, problem: SignInProblem) => {
        ctx.status = status;
        show(ctx, interaction, { ...problem, username: username.slice(0, longestUsername) });
        return undefined;
      };

      const plausible =
        username !== '' && username.length <= longestUsername && password.length <= longestPassword;
      if (!plausible) {
        tell('invalid_credentials', () => 'a field is empty, or too long');
        return refuse(401, { error: 'invalid_credentials' });
      }

      const permission = await throttle.check(attempt);
      if (!permission.allowed) {
        await recordFailure('sign_in.throttled');
        ctx.set('Retry-After', String(permission.retryAfterSeconds));
        tell('throttled', () => 'too many attempts for this account, or from this address');
        return refuse(429, {
          error: 'throttled',
          retryAfterSeconds: permission.retryAfterSeconds,
        });
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
        return refuse(401, { error: 'invalid_credentials' });
      }
      const known = await throttle.succeeded(attempt);
      deviceCookie.write(ctx, known.deviceCookie);
      await audit.record({
        type: 'sign_in.succeeded',
        outcome: 'success',
        userId: user.id,
        ...by,
      });
      return { login: { accountId: user.id, ts, as_of: asOf, ...passwordSignIn } };
    },
  };
}
