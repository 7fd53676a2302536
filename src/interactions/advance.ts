/**
 * From one proof to the next: a sign-in ends when its proofs are enough, and otherwise goes on to the page that asks for
 * another one.
 */
import type { Context } from 'koa';
import type { ApiRegistry } from '../apis/room.ts';
import type { AuditSink } from '../audit/room.ts';
import {
  type Authentication,
  type AuthenticationContext,
  hasSecondFactor,
  type NextStep,
  nextStep,
  type Passkeys,
  type Proof,
  type Requirement,
  type Requirements,
  type SignInProgress,
} from '../authentication/room.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import { strongest } from '../definitions/authentication.ts';
import { builtInClientIds } from '../definitions/built_in.ts';
import { minute } from '../definitions/units.ts';
import type { BrowserCookie } from '../http/browser_cookie.ts';
import { requestState } from '../http/request_state.ts';
import { askedAuthentication, expiredInteraction, type InteractionResults } from '../oidc/room.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';
import { type Interaction, signInPage } from './interaction.ts';
import type { KnownBrowsers } from './known_browsers.ts';
import type { LastWay } from './last_way.ts';
import type { PendingLinks } from './providers/pending_links.ts';
import { seeOther } from './see_other.ts';

/** Where a sign-in stands. */
export type Standing = { user: UserRecord; progress: SignInProgress; next: NextStep };

/** What the interaction ends with; undefined: the browser was sent to the page that asks for more. `known`: who it is. */
export type Advance = (
  ctx: Context,
  interaction: Interaction,
  progress: SignInProgress,
  known?: UserRecord,
) => Promise<InteractionResults | undefined>;

export type SignInCourse = {
  advance: Advance;
  /** Throws expiredInteraction() where the person cannot sign in any more, or not with the password that was proven. */
  standingOf(
    ctx: Context,
    interaction: Interaction,
    progress: SignInProgress,
    known?: UserRecord,
  ): Promise<Standing>;
};

/** How old a session's sign-in may be, in seconds, to set up another way to sign in. */
const recently = 15 * minute;

/** Prompts that are over with it: whoever signs in has chosen the account, and needs no new one. */
const answeredBySignIn = { select_account: {}, create: {} };

export function createSignInCourse({
  authentication: { authenticators, trustedBrowsers, progresses },
  passkeys,
  requirements,
  trustCookie,
  lastWay,
  pendingLinks,
  knownBrowsers,
  apis,
  users,
  audit,
  clock,
}: {
  authentication: Authentication;
  passkeys: Pick<Passkeys, 'isPossible' | 'offers'>;
  requirements: Requirements;
  trustCookie: BrowserCookie;
  lastWay: Pick<LastWay, 'note'>;
  pendingLinks: PendingLinks;
  /** Undefined: nobody is told of new ones. */
  knownBrowsers: KnownBrowsers | undefined;
  apis: Pick<ApiRegistry, 'find'>;
  users: Pick<Users, 'find' | 'keep'>;
  audit: AuditSink;
  clock: Clock;
}): SignInCourse {
  const withTrust = async (
    ctx: Context,
    user: UserRecord,
    progress: SignInProgress,
  ): Promise<SignInProgress> => {
    const { proofs, isStepUp } = progress;
    if (isStepUp || proofs.length > 1) return progress;
    if (!(await trustedBrowsers.isTrusted(user, trustCookie.read(ctx)))) return progress;
    const trust = { method: 'trusted_browser' as const, at: epochSeconds(clock) };
    return { ...progress, proofs: [...proofs, trust] };
  };

  const standingOf: SignInCourse['standingOf'] = async (ctx, interaction, given, known) => {
    const { client, params } = interaction;
    const [user, owned] = await Promise.all([
      known ?? users.find(given.userId),
      authenticators.find(given.userId),
    ]);
    if (!user || user.disabledAt !== undefined) throw expiredInteraction();
    if (isByOldPassword(given, user)) throw expiredInteraction();
    const hasApp = (owned?.totps.length ?? 0) > 0;
    const provesAll =
      isBeforeSensitiveAct(interaction) || (await pendingLinks.isPending(interaction, user.id));
    const progress = hasApp && !provesAll ? await withTrust(ctx, user, given) : given;
    const asked = askedAuthentication(client, params, { apis });
    const requirement = provesAll
      ? withAll(requirements.of(asked, user.roles), owned)
      : requirements.of(asked, user.roles);
    const { proofs, isStepUp } = progress;
    const isRecent = !isStepUp || isRecentlyProven(proofs, epochSeconds(clock));
    return { user, progress, next: nextStep({ proofs, owned, requirement, isRecent }) };
  };

  /** Ends the sign-in, which has proven enough. An account that waits for its deletion stays. */
  const finish = async (
    ctx: Context,
    interaction: Interaction,
    { user, progress }: Pick<Standing, 'user' | 'progress'>,
    context: AuthenticationContext,
  ): Promise<InteractionResults> => {
    const { requestId, address } = requestState(ctx);
    if (user.deletion !== undefined) {
      await users.keep(user.id, { actor: `user:${user.id}`, ip: address.ip, requestId });
    }
    const { acr, amr, authTime } = context;
    if (!progress.isStepUp) {
      await pendingLinks.complete(ctx, interaction, user);
      knownBrowsers?.signedIn(ctx, user);
      lastWay.note(ctx, progress);
    }
    await progresses.end(interaction.uid);
    await audit.record({
      ...{ type: 'sign_in.succeeded', outcome: 'success', userId: progress.userId },
      ...{ clientId: interaction.client.clientId, ip: address.ip, requestId },
      details: { acr, amr, ...(progress.provider && { provider: progress.provider }) },
    });
    return {
      login: {
        ...{ accountId: progress.userId, ts: authTime, as_of: progress.asOf },
        ...{ acr, ...(amr.length > 0 && { amr }) },
        // The session that is there already stays as it is.
        remember: progress.staysSignedIn === true || progress.userId === interaction.accountId,
      },
      ...answeredBySignIn,
    };
  };

  return {
    standingOf,
    async advance(ctx, interaction, given, known) {
      const { user, progress, next } = await standingOf(ctx, interaction, given, known);
      if (next.step === 'done') {
        const { canMakePasskey, offersPasskey: _isOver, ...rest } = progress;
        const isOffered =
          canMakePasskey && (await passkeys.offers.begin(progress.userId, progress.proofs));
        if (!isOffered) return finish(ctx, interaction, { user, progress }, next.context);
        await progresses.save(interaction.uid, { ...rest, offersPasskey: true });
        seeOther(ctx, signInPage(interaction));
        return undefined;
      }
      if (next.step === 'sign_in') {
        await progresses.end(interaction.uid);
        seeOther(ctx, signInPage(interaction));
        return undefined;
      }
      if (next.step === 'set_up' && next.kind === 'passkey' && !passkeys.isPossible) {
        await progresses.end(interaction.uid);
        return {
          error: 'unmet_authentication_requirements',
          error_description: 'there are no passkeys for this issuer',
        };
      }
      await progresses.save(interaction.uid, progress);
      seeOther(ctx, signInPage(interaction));
      return undefined;
    },
  };
}

/** Whoever has a passkey, or another second factor, proves it. */
function withAll(
  requirement: Requirement,
  owned: Parameters<typeof hasSecondFactor>[0],
): Requirement {
  const { required } = requirement;
  return {
    ...requirement,
    required: strongest([required, hasSecondFactor(owned) ? 'mfa' : undefined]),
  };
}

/** Cardea's own pages ask for a new sign-in before what is sensitive: whoever sits at a trusted browser proves it all. */
export function isBeforeSensitiveAct({ client, params: { prompt } }: Interaction): boolean {
  return builtInClientIds.has(client.clientId) && String(prompt).split(' ').includes('login');
}

function isRecentlyProven(proofs: readonly Proof[], now: number): boolean {
  return proofs.some(({ at }) => now - at <= recently);
}

/** A session outlives a new password if its person wants so. What was only begun with the old one does not. */
function isByOldPassword(
  { proofs, isStepUp, passwordChangedAt }: SignInProgress,
  user: Pick<UserRecord, 'passwordChangedAt'>,
): boolean {
  const isByPassword = !isStepUp && proofs.some(({ method }) => method === 'password');
  return isByPassword && passwordChangedAt !== user.passwordChangedAt;
}
