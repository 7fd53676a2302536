/**
 * The interactions room: where a person signs in and consents, between the authorization request and its
 * answer. It owns those pages' routes and what they decide; the protocol before and after is oidc/, who a
 * user is and whether a password is right is users/.
 *
 * Forms post, and the answer to a post is a redirect, so that every page can be reloaded, and opened by its address in
 * another browser.
 */
import type { Context, Middleware } from 'koa';
import { CardeaError } from '../errors.ts';
import { readForm } from '../http/request_body.ts';
import { requestState } from '../http/request_state.ts';
import type { BrowserAccounts, InteractionResults, Provider } from '../oidc/room.ts';
import { type BrowserBinding, expiredInteraction, type Restarts } from '../oidc/room.ts';
import type { AccountStep } from './account_step.ts';
import type { AntiForgery } from './anti_forgery.ts';
import type { ConsentStep } from './consent_step.ts';
import { field } from './form_fields.ts';
import type { Interaction } from './interaction.ts';
import type { PasskeyStep } from './passkey_step.ts';
import type { ProviderStep } from './providers/provider_step.ts';
import type { SecondStep } from './second_step.ts';
import { seeOther } from './see_other.ts';
import type { SignInStep } from './sign_in_step.ts';
import type { SignUpPathFor } from './sign_up_path.ts';

export type InteractionDependencies = {
  provider: () => Provider;
  basePath: string;
  signIn: SignInStep;
  secondStep: SecondStep;
  passkeyStep: PasskeyStep;
  providerStep: ProviderStep;
  account: AccountStep;
  consent: ConsentStep;
  antiForgery: AntiForgery;
  binding: Pick<BrowserBinding, 'began'>;
  accounts: Pick<BrowserAccounts, 'setAside' | 'choose' | 'endAll'>;
  restarts: Pick<Restarts, 'ofInteraction'>;
  signUpPathFor: SignUpPathFor;
};

type Step = (
  ctx: Context,
  interaction: Interaction,
  form: URLSearchParams,
) => Promise<InteractionResults | undefined>;

export type InteractionRoutes = {
  /** Whichever page its interaction is at. */
  page: Middleware;
  signIn: Middleware;
  secondFactor: Middleware;
  authenticatorApp: Middleware;
  passkey: Middleware;
  newPasskey: Middleware;
  provider: Middleware;
  /** Back from the provider. */
  arrival: Middleware;
  providerAccount: Middleware;
  goOn: Middleware;
  chooseAccount: Middleware;
  consent: Middleware;
  cancel: Middleware;
  switchAccount: Middleware;
};

export function createInteractionRoutes(dependencies: InteractionDependencies): InteractionRoutes {
  const { provider, basePath, signIn, secondStep, passkeyStep, account, consent } = dependencies;
  const { providerStep } = dependencies;
  const { antiForgery, binding, accounts, restarts, signUpPathFor } = dependencies;

  /** `kept`: what the page has of its request. */
  const load = async (ctx: Context, kept: unknown = ctx.query.restart): Promise<Interaction> => {
    const details = await provider()
      .interactionDetails(ctx.req, ctx.res)
      .catch((cause) => {
        if (cause?.name !== 'SessionNotFound') throw cause;
        throw expiredInteraction(cause);
      });
    // The cookie belongs to one path, but a browser may hold several: it must be this page's, and not planted.
    const { uid: named } = requestState(ctx).match.params;
    if (details.uid !== named || !binding.began(ctx, details.uid)) throw expiredInteraction();
    const client = await provider().Client.find(String(details.params.client_id));
    if (!client) throw expiredInteraction();
    const { uid, prompt, params, session, grantId } = details;
    const restart = restarts.ofInteraction(details, kept);
    return {
      record: details,
      uid,
      promptName: prompt.name,
      params,
      accountId: session?.accountId,
      grantId,
      client,
      paths: pathsOf(pageOf(uid), restart),
      hidden: { ...antiForgery.fields(uid), restart },
      restart,
      signUpPath: () => signUpPathFor(client, details),
      uiLocales: typeof params.ui_locales === 'string' ? params.ui_locales : undefined,
    };
  };

  const pageOf = (uid = '') => `${basePath}/interaction/${uid}`;

  /** One that comes too late is answered by its page, which says so. */
  const takeForm =
    (step: (ctx: Context, interaction: Interaction, form: URLSearchParams) => Promise<void>) =>
    async (context: Parameters<Middleware>[0]): Promise<void> => {
      const ctx = context as Context;
      const form = await readForm(ctx);
      const kept = field(form, 'restart');
      try {
        const interaction = await load(ctx, kept);
        antiForgery.check(ctx, interaction.uid, field(form, 'csrf'));
        await step(ctx, interaction, form);
      } catch (error) {
        if (!isExpired(error) || kept === undefined) throw error;
        seeOther(ctx, pathsOf(pageOf(requestState(ctx).match.params.uid), kept).page);
      }
    };

  /** Whoever was signed in stays so, beside the one who signs in now. Answers where the browser goes on. */
  const end = async (ctx: Context, interaction: Interaction, result: InteractionResults) => {
    const { record } = interaction;
    const userId = result.login?.accountId;
    const uid = record.session?.uid;
    // What another person has answered, such as a consent.
    if (userId !== undefined && userId !== interaction.accountId) delete record.lastSubmission;
    if (userId !== undefined && (await accounts.setAside(ctx, { userId, uid }))) {
      delete record.session;
      delete record.grantId;
    }
    return finish(interaction, result);
  };

  /** A step answers with a result, which ends the interaction, or has shown what went wrong. */
  const take = (step: Step): Middleware =>
    takeForm(async (ctx, interaction, form) => {
      const result = await step(ctx, interaction, form);
      if (result) seeOther(ctx, await end(ctx, interaction, result));
    });

  /** Whoever is signed in here is not any more, and the app's request goes on without them. */
  const signOutAll = async (ctx: Context, { record, paths }: Interaction) => {
    const { requestId, address } = requestState(ctx);
    await accounts.endAll(ctx, { ip: address.ip, requestId });
    delete record.session;
    delete record.grantId;
    delete record.lastSubmission;
    await record.persist();
    seeOther(ctx, paths.otherAccount);
  };

  const chooseAccount = takeForm(async (ctx, interaction, form) => {
    if (field(form, 'account') === 'none') return signOutAll(ctx, interaction);
    const chosen = await account.chosen(ctx, interaction, form);
    if (chosen) {
      const { record, client } = interaction;
      const { session, userId: accountId } = chosen;
      record.session = { accountId, uid: session.uid, cookie: '' };
      record.grantId = session.grantIdFor(client.clientId);
      // Another person has answered that.
      delete record.lastSubmission;
    }
    const location = await finish(interaction, { select_account: {} });
    if (chosen) await accounts.choose(ctx, chosen);
    seeOther(ctx, location);
  });

  /** Consent is to what its page showed: never before its turn, in place of a sign-in. */
  const submitConsent: Step = async (ctx, interaction, form) => {
    if (interaction.promptName !== 'consent') throw expiredInteraction();
    return consent.submit(ctx, interaction, form);
  };

  return {
    async page(context) {
      const ctx = context as Context;
      const interaction = await load(ctx);
      const isOtherAccount = ctx.query.account === 'other';
      const { promptName } = interaction;
      const signUpPath = promptName === 'create' ? interaction.signUpPath() : undefined;
      if (signUpPath !== undefined) return seeOther(ctx, signUpPath);
      const wantsOther = ctx.query.account === 'choose';
      const shown = isOtherAccount ? 'login' : promptName;
      if (wantsOther && (await account.show(ctx, interaction, { wantsOther }))) return;
      if (shown === 'consent') return consent.show(ctx, interaction);
      if (shown === 'login' && (await secondStep.show(ctx, interaction, { isOtherAccount })))
        return;
      const isChoice = !isOtherAccount && !signIn.hasWord(ctx, interaction);
      if (isChoice && (await account.show(ctx, interaction, { wantsOther: false }))) return;
      signIn.show(ctx, interaction, { isOtherAccount });
    },

    signIn: take(signIn.submit),
    secondFactor: take(secondStep.submit),
    authenticatorApp: take(secondStep.setUp),
    passkey: take(passkeyStep.submit),
    newPasskey: take(passkeyStep.setUp),
    provider: take(providerStep.begin),
    providerAccount: take(providerStep.join),
    async arrival(context) {
      const ctx = context as Context;
      const interaction = await load(ctx);
      const result = await providerStep.arrive(ctx, interaction);
      if (result) providerStep.leadOn(ctx, interaction, await end(ctx, interaction, result));
    },
    goOn: take(secondStep.goOn),
    chooseAccount,
    consent: take(submitConsent),
    cancel: take(consent.cancel),

    switchAccount: takeForm(async (ctx, interaction, form) => {
      await signIn.begin(ctx, interaction);
      const { choice, otherAccount } = interaction.paths;
      const hasChoice =
        field(form, 'account') !== 'other' && (await account.hasOthers(ctx, interaction));
      seeOther(ctx, hasChoice ? choice : otherAccount);
    }),
  };
}

/**
 * Keeps the result, and answers where the browser goes on. As the library's interactionResult(), but with the
 * record that this request has read. Throws expiredInteraction() where that has ended meanwhile (in another tab).
 */
async function finish(
  { record, restart }: Interaction,
  result: InteractionResults,
): Promise<string> {
  record.result = 'error' in result ? result : { ...record.lastSubmission, ...result };
  await record.persist();
  return `${record.returnTo}?${new URLSearchParams({ restart })}`;
}

function isExpired(error: unknown): boolean {
  return error instanceof CardeaError && error.code === 'interaction_expired';
}

function pathsOf(page: string, restart: string): Interaction['paths'] {
  return {
    cookies: page,
    page: `${page}?${new URLSearchParams({ restart })}`,
    choice: `${page}?${new URLSearchParams({ account: 'choose', restart })}`,
    otherAccount: `${page}?${new URLSearchParams({ account: 'other', restart })}`,
    signIn: `${page}/sign-in`,
    secondFactor: `${page}/second-factor`,
    authenticatorApp: `${page}/authenticator-app`,
    passkey: `${page}/passkey`,
    newPasskey: `${page}/new-passkey`,
    goOn: `${page}/continue`,
    provider: `${page}/provider`,
    providerAccount: `${page}/provider-account`,
    account: `${page}/account`,
    consent: `${page}/consent`,
    cancel: `${page}/cancel`,
    switch: `${page}/switch`,
  };
}
