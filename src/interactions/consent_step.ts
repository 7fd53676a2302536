/**
 * The consent step: what a client asks for, in plain words, and the person's choice.
 */
import type { Context } from 'koa';
import type { ApiRegistry } from '../apis/room.ts';
import type { AuditSink, RepeatableSink } from '../audit/room.ts';
import type { Locale } from '../definitions/locales.ts';
import { sha256 } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { requestState } from '../http/request_state.ts';
import type { Grant, InteractionResults, Provider } from '../oidc/room.ts';
import {
  decide,
  isRequired,
  marksOf,
  pageClient,
  type RequestedScopes,
  rememberShown,
  requestedScopes,
  shownFor,
} from '../oidc/room.ts';
import type { PageScope } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import { learnsText, personScopeText, textIn } from '../pages/texts.ts';
import type { AccountBudget } from '../rate_limits/room.ts';
import type { PersonScopes } from '../scopes/room.ts';
import type { Users } from '../users/room.ts';
import { field } from './form_fields.ts';
import type { Interaction } from './interaction.ts';
import { pageUser } from './page_user.ts';
import { seeOther } from './see_other.ts';

export type ConsentStep = {
  show(ctx: Context, interaction: Interaction): Promise<void>;
  /** Undefined: the page is shown again, because it would say something else by now. */
  submit(
    ctx: Context,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<InteractionResults | undefined>;
  cancel(ctx: Context, interaction: Interaction): Promise<InteractionResults>;
};

export function createConsentStep({
  provider,
  apis,
  scopes,
  users,
  audit,
  renderer,
  budget,
}: {
  provider: () => Provider;
  apis: ApiRegistry;
  scopes: Pick<PersonScopes, 'scopeOf' | 'textOf' | 'claims'>;
  users: Pick<Users, 'find'>;
  audit: AuditSink & RepeatableSink;
  renderer: PageRenderer;
  /** Each consent is on record. */
  budget: AccountBudget;
}): ConsentStep {
  const requested = ({ params, client }: Interaction): RequestedScopes =>
    requestedScopes(client, params, { apis, scopes });

  /** Of all that the page says, in the language that it says it in. */
  const marksFor = (ctx: Context, interaction: Interaction): string[] => {
    const { client, params, uiLocales } = interaction;
    const locale = renderer.locale(ctx, { uiLocales });
    const shown = shownFor(client, requested(interaction), params.redirect_uri);
    return marksOf(shown, (text) => textIn(locale, text));
  };

  const grantOf = async ({ grantId, accountId, client }: Interaction): Promise<Grant> => {
    const existing = grantId ? await provider().Grant.find(grantId) : undefined;
    const { Grant } = provider();
    return existing ?? new Grant({ accountId: signedIn(accountId), clientId: client.clientId });
  };

  const about = (ctx: Context, interaction: Interaction) => {
    const { requestId, address } = requestState(ctx);
    return {
      userId: interaction.accountId,
      clientId: interaction.client.clientId,
      ip: address.ip,
      requestId,
    };
  };

  const show: ConsentStep['show'] = async (ctx, interaction) => {
    const { client, params, paths, hidden, uiLocales } = interaction;
    const user = await users.find(signedIn(interaction.accountId));
    if (!user) throw gone();
    const locale = renderer.locale(ctx, { uiLocales });
    renderer.render(
      ctx,
      'consent',
      {
        action: paths.consent,
        cancelAction: paths.cancel,
        switchAction: paths.switch,
        hidden: { ...hidden, seen: digestOf(marksFor(ctx, interaction)) },
        client: pageClient(client, locale, params.redirect_uri),
        user: pageUser(user),
        groups: groupsOf(requested(interaction), locale),
      },
      { uiLocales },
    );
  };

  return {
    show,

    async submit(ctx, interaction, form) {
      const marks = marksFor(ctx, interaction);
      // The client or a text may have changed while the person read: nobody agrees to what they did not see.
      if (field(form, 'seen') !== digestOf(marks)) {
        seeOther(ctx, interaction.paths.page);
        return undefined;
      }
      const { clientId } = interaction.client;
      const holder = { accountId: signedIn(interaction.accountId), clientId };
      budget.check(holder);
      await budget.count(holder);
      const grant = await grantOf(interaction);
      const chosen = new Set(form.getAll('scope'));
      const decision = decide(grant, requested(interaction), { chosen, scopes });
      rememberShown(grant, marks);
      const grantId = await grant.save();
      await audit.record({
        type: 'consent.granted',
        outcome: 'success',
        ...about(ctx, interaction),
        details: decision,
      });
      return { consent: { grantId } };
    },

    async cancel(ctx, interaction) {
      // Also by whoever has not signed in: he is nobody, and may come again and again.
      await audit.recordRepeatable({
        type: 'consent.denied',
        outcome: 'failure',
        ...about(ctx, interaction),
      });
      return { error: 'access_denied', error_description: 'the person declined' };
    },
  };
}

function groupsOf({ openid, texts, claims, apis }: RequestedScopes, locale: Locale) {
  // A single claim is shown as the scope that it is a part of: no page says less than what is given.
  const parts = claims.filter(({ allowed }) => allowed).map(({ scope }) => scope);
  const own: PageScope[] = [...new Set([...openid, ...parts])].map((name) => ({
    name,
    ...personScopeText(locale, name, texts[name]?.meaning),
    required: isRequired(name),
    checked: true,
  }));
  const groups = apis.map((api) => ({
    title: textIn(locale, api.name),
    scopes: [
      ...api.scopes.map(({ name, meaning }) => ({
        name,
        title: textIn(locale, meaning) || name,
        required: false,
        checked: true,
      })),
      ...toldTo(api, locale),
    ],
  }));
  return [{ scopes: own }, ...groups].filter(({ scopes }) => scopes.length > 0);
}

/** What comes with any scope of the API, whichever the person takes. */
function toldTo({ scopes, claims }: RequestedScopes['apis'][number], locale: Locale): PageScope[] {
  if (scopes.length === 0 || claims.length === 0) return [];
  const title = learnsText(locale, claims);
  return [{ name: '', title, required: true, checked: true }];
}

function digestOf(marks: readonly string[]): string {
  return sha256(marks.join(' '));
}

function signedIn(accountId: string | undefined): string {
  if (!accountId) throw gone();
  return accountId;
}

function gone(): CardeaError {
  return new CardeaError({
    code: 'interaction_expired',
    status: 400,
    message: 'You are no longer signed in. Go back to the application and start again.',
  });
}
