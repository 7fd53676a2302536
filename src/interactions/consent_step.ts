/**
 * The consent step: what a client asks for, in plain words, and the person's choice.
 */
import type { Context } from 'koa';
import type { Grant, InteractionResults, Provider } from 'oidc-provider';
import type { ApiRegistry } from '../apis/registry.ts';
import type { Audit } from '../audit/recorder.ts';
import { CardeaError } from '../errors.ts';
import type { Locale } from '../http/locale.ts';
import type { PageScope } from '../http/page_data.ts';
import type { PageRenderer } from '../http/page_renderer.ts';
import { requestState } from '../http/request_state.ts';
import { standardScopeText } from '../http/texts.ts';
import { pageClient } from '../oidc/page_client.ts';
import type { Users } from '../users/service.ts';
import { decide } from './consent.ts';
import type { Interaction } from './interaction.ts';
import { isRequired, type RequestedScopes, requestedScopes } from './requested_scopes.ts';

export type ConsentStep = {
  show(ctx: Context, interaction: Interaction): Promise<void>;
  submit(
    ctx: Context,
    interaction: Interaction,
    form: URLSearchParams,
  ): Promise<InteractionResults>;
  cancel(ctx: Context, interaction: Interaction): Promise<InteractionResults>;
};

export function createConsentStep({
  provider,
  apis,
  users,
  audit,
  renderer,
}: {
  provider: () => Provider;
  apis: ApiRegistry;
  users: Pick<Users, 'find'>;
  audit: Pick<Audit, 'record'>;
  renderer: PageRenderer;
}): ConsentStep {
  const requested = ({ params, client }: Interaction): RequestedScopes =>
    requestedScopes({
      scope: params.scope,
      claims: params.claims,
      resource: params.resource,
      client: {
        openidScopes: String(client.scope ?? ''),
        allowedScopes: String(client.allowed_scope ?? ''),
      },
      apis,
    });

  const grantOf = async ({ grantId, accountId, client }: Interaction): Promise<Grant> => {
    const existing = grantId ? await provider().Grant.find(grantId) : undefined;
    const { Grant } = provider();
    return existing ?? new Grant({ accountId: signedIn(accountId), clientId: client.clientId });
  };

  const record = (
    ctx: Context,
    interaction: Interaction,
    type: 'consent.granted' | 'consent.denied',
    details?: Record<string, unknown>,
  ) => {
    const { requestId, address } = requestState(ctx);
    return audit.record({
      type,
      outcome: type === 'consent.granted' ? 'success' : 'failure',
      userId: interaction.accountId,
      clientId: interaction.client.clientId,
      ip: address.ip,
      requestId,
      details,
    });
  };

  return {
    async show(ctx, interaction) {
      const { client, params, paths, hidden, uiLocales } = interaction;
      const user = await users.find(signedIn(interaction.accountId));
      if (!user) throw gone();
      renderer.render(
        ctx,
        'consent',
        {
          action: paths.consent,
          cancelAction: paths.cancel,
          switchAction: paths.switch,
          hidden,
          client: pageClient(client, params.redirect_uri),
          user: {
            username: user.username,
            name: typeof user.claims.name === 'string' ? user.claims.name : undefined,
          },
          groups: groupsOf(requested(interaction), renderer.locale(ctx, { uiLocales })),
        },
        { uiLocales },
      );
    },

    async submit(ctx, interaction, form) {
      const grant = await grantOf(interaction);
      const decision = decide(grant, requested(interaction), new Set(form.getAll('scope')));
      const grantId = await grant.save();
      await record(ctx, interaction, 'consent.granted', decision);
      return { consent: { grantId } };
    },

    async cancel(ctx, interaction) {
      await record(ctx, interaction, 'consent.denied');
      return { error: 'access_denied', error_description: 'the person declined' };
    },
  };
}

function groupsOf({ openid, claims, apis }: RequestedScopes, locale: Locale) {
  // A single claim is shown as the scope that it is a part of: no page says less than what is given.
  const parts = claims.filter(({ allowed }) => allowed).map(({ scope }) => scope);
  const own: PageScope[] = [...new Set([...openid, ...parts])].map((name) => ({
    name,
    ...(standardScopeText(locale, name) ?? { title: name }),
    required: isRequired(name),
    checked: true,
  }));
  const groups = apis.map((api) => ({
    title: api.name,
    scopes: api.scopes.map(({ name, meaning }) => ({
      name,
      title: meaning,
      required: false,
      checked: true,
    })),
  }));
  return [{ scopes: own }, ...groups].filter(({ scopes }) => scopes.length > 0);
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
