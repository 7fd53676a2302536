/**
 * The interactions room: where a person signs in and consents, between the authorization request and its
 * answer. It owns those pages' routes and what they decide; the protocol before and after is oidc/, who a
 * user is and whether a password is right is users/.
 *
 * Forms post, and every answer to a post is a redirect or the same page with what went wrong.
 */
import Router from '@koa/router';
import type { Context } from 'koa';
import { readForm } from '../http/request_body.ts';
import type { InteractionResults, Provider } from '../oidc/room.ts';
import { type BrowserBinding, expiredInteraction } from '../oidc/room.ts';
import type { AntiForgery } from './anti_forgery.ts';
import type { ConsentStep } from './consent_step.ts';
import { field } from './form_fields.ts';
import type { Interaction } from './interaction.ts';
import type { SignInStep } from './sign_in_step.ts';

export type InteractionDependencies = {
  provider: () => Provider;
  basePath: string;
  signIn: SignInStep;
  consent: ConsentStep;
  antiForgery: AntiForgery;
  binding: Pick<BrowserBinding, 'began'>;
};

type Step = (
  ctx: Context,
  interaction: Interaction,
  form: URLSearchParams,
) => Promise<InteractionResults | undefined>;

export function createInteractionRoutes(dependencies: InteractionDependencies): Router {
  const { provider, basePath, signIn, consent, antiForgery, binding } = dependencies;
  const router = new Router();

  const load = async (ctx: Context): Promise<Interaction> => {
    const details = await provider()
      .interactionDetails(ctx.req, ctx.res)
      .catch((cause) => {
        if (cause?.name !== 'SessionNotFound') throw cause;
        throw expiredInteraction(cause);
      });
    // The cookie belongs to one path, but a browser may hold several: it must be this page's, and not planted.
    if (details.uid !== ctx.params.uid || !binding.began(ctx, details.uid))
      throw expiredInteraction();
    const client = await provider().Client.find(String(details.params.client_id));
    if (!client) throw expiredInteraction();
    const { uid, prompt, params, session, grantId } = details;
    return {
      uid,
      promptName: prompt.name,
      params,
      accountId: session?.accountId,
      grantId,
      client,
      paths: pathsOf(`${basePath}/interaction/${uid}`),
      hidden: antiForgery.fields(uid),
      uiLocales: typeof params.ui_locales === 'string' ? params.ui_locales : undefined,
    };
  };

  /** A step answers with a result, which ends the interaction, or has rendered its page again. */
  const take = (step: Step) => async (ctx: Context) => {
    const interaction = await load(ctx);
    const form = await readForm(ctx);
    antiForgery.check(ctx, interaction.uid, field(form, 'csrf'));
    const result = await step(ctx, interaction, form);
    if (!result) return;
    const denied = 'error' in result;
    const next = await provider().interactionResult(ctx.req, ctx.res, result, {
      mergeWithLastSubmission: !denied,
    });
    redirect(ctx, next);
  };

  /** Consent is to what its page showed: never before its turn, in place of a sign-in. */
  const submitConsent: Step = async (ctx, interaction, form) => {
    if (interaction.promptName !== 'consent') throw expiredInteraction();
    return consent.submit(ctx, interaction, form);
  };

  router.get('interaction', '/interaction/:uid', async (ctx) => {
    const interaction = await load(ctx as Context);
    const wantsOtherAccount = ctx.query.account === 'other';
    if (interaction.promptName === 'consent' && !wantsOtherAccount) {
      await consent.show(ctx as Context, interaction);
    } else {
      // The name that the request hints at is of the account that the person has just refused.
      signIn.show(ctx as Context, interaction, wantsOtherAccount ? { username: '' } : {});
    }
  });

  router.post('sign_in', '/interaction/:uid/sign-in', (ctx) => take(signIn.submit)(ctx as Context));
  router.post('consent', '/interaction/:uid/consent', (ctx) => take(submitConsent)(ctx as Context));
  router.post('cancel', '/interaction/:uid/cancel', (ctx) => take(consent.cancel)(ctx as Context));
  router.post('switch_account', '/interaction/:uid/switch', async (ctx) => {
    const interaction = await load(ctx as Context);
    const form = await readForm(ctx as Context);
    antiForgery.check(ctx as Context, interaction.uid, field(form, 'csrf'));
    redirect(ctx as Context, `${interaction.paths.page}?account=other`);
  });
  return router;
}

function pathsOf(page: string): Interaction['paths'] {
  return {
    page,
    signIn: `${page}/sign-in`,
    consent: `${page}/consent`,
    cancel: `${page}/cancel`,
    switch: `${page}/switch`,
  };
}

function redirect(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(location);
}
