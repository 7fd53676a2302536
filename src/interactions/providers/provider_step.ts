/**
 * Sign-in at another provider: the way there, and what becomes of whoever comes back. An identity that is known opens its
 * account; one that is not makes a new account where the operator allows that, or is connected to an old one once that is
 * proven. An address opens nothing.
 */
import type { Context } from 'koa';
import type { RepeatableSink } from '../../audit/room.ts';
import type { BrowserCookie } from '../../http/browser_cookie.ts';
import { requestState } from '../../http/request_state.ts';
import {
  begunLifetimeMs,
  type IdentityProvider,
  type IdentityProviders,
  type ProvenIdentity,
  type ProviderFailure,
  ProviderFault,
} from '../../identity_providers/room.ts';
import { expiredInteraction, type InteractionResults, pageClient } from '../../oidc/room.ts';
import type { SignInProviders } from '../../pages/page_data.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import type { UserRecord } from '../../storage/users.ts';
import type { Advance } from '../advance.ts';
import { field, wishesToStay } from '../form_fields.ts';
import { type Interaction, signInPage } from '../interaction.ts';
import type { RefusedSignIns } from '../refused_sign_in.ts';
import { seeOther } from '../see_other.ts';
import { createProviderRefusals } from './provider_refusals.ts';

type Outcome = Promise<InteractionResults | undefined>;

export type ProviderStep = {
  /** What the sign-in page offers; undefined: nothing. */
  offered(interaction: Interaction): SignInProviders | undefined;
  /** Field: `provider`. */
  begin(ctx: Context, interaction: Interaction, form: URLSearchParams): Outcome;
  /**
   * Sends whoever types an address of a provider's domain, and no password, there; false: it is none, or its account is
   * about to be proven here.
   */
  sendByAddress(
    ctx: Context,
    interaction: Interaction,
    form: URLSearchParams,
    typed: string,
  ): Promise<boolean>;
  /** Back from the provider. */
  arrive(ctx: Context, interaction: Interaction): Outcome;
  /**
   * To where a sign-in goes on. By a page of ours, as a request that another site has led to ends no sign-in: browsers
   * name that site with each redirect (`Sec-Fetch-Site`).
   */
  leadOn(ctx: Context, interaction: Interaction, nextUrl: string): void;
  /** The person has seen what will be made. */
  join(ctx: Context, interaction: Interaction): Outcome;
};

export function createProviderStep({
  providers: { signIns, outcomes, arrivals, identities, newAccounts, memberships },
  cookie,
  advance,
  refusedSignIns,
  offersToStay,
  renderer,
  audit,
}: {
  providers: IdentityProviders;
  /** Names the browser that began it. */
  cookie: BrowserCookie;
  advance: Advance;
  refusedSignIns: RefusedSignIns;
  /** Whether people may stay signed in when the browser is closed. */
  offersToStay: boolean;
  renderer: PageRenderer;
  audit: RepeatableSink;
}): ProviderStep {
  const ownerOf = ({ uid }: Interaction) => ({ kind: 'sign_in', interaction: uid }) as const;
  const linkOf = ({ uid }: Interaction) => ({ kind: 'link', interaction: uid }) as const;

  const { back, refuse, refuseHere } = createProviderRefusals({ refusedSignIns, audit });

  const go = async (
    ctx: Context,
    interaction: Interaction,
    {
      provider,
      form,
      typed,
    }: { provider: IdentityProvider; form: URLSearchParams; typed?: string },
  ): Promise<undefined> => {
    const { uid, restart, uiLocales } = interaction;
    const stays = offersToStay && wishesToStay(form);
    const purpose = { kind: 'sign_in', interaction: uid, restart, stays } as const;
    const maxAge = maxAgeOf(interaction);
    const { address } = requestState(ctx);
    // Otherwise the provider would send back the one who was refused, unasked.
    const { error: before } = refusedSignIns.read(ctx, interaction) ?? {};
    const isChoice = before === 'provider_no_account' || before === 'provider_disabled';
    try {
      const { url, browser } = await signIns.begin(
        provider.id,
        { purpose, ip: address.ip, loginHint: typed, maxAge, isChoice, uiLocales },
        cookie.read(ctx),
      );
      cookie.write(ctx, browser, begunLifetimeMs / 1000);
      refusedSignIns.clear(ctx, interaction);
      seeOther(ctx, url);
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error;
      const { problem, message: detail } = error;
      await refuseHere(ctx, interaction, { error: `provider_${problem}`, provider, detail });
    }
  };

  const signIn = async (
    ctx: Context,
    interaction: Interaction,
    { user, proven, stays }: { user: UserRecord; proven: ProvenIdentity; stays: boolean },
  ) => {
    const { id: userId } = user;
    await identities.used(userId, proven);
    refusedSignIns.clear(ctx, interaction);
    const { proof, asOf } = proven;
    const progress = {
      ...{ userId, asOf, proofs: [proof], isStepUp: false, staysSignedIn: stays },
      provider: proven.provider,
    };
    return advance(ctx, interaction, progress, user);
  };

  const make = async (
    ctx: Context,
    interaction: Interaction,
    { proven, stays }: { proven: ProvenIdentity; stays: boolean },
  ) => {
    const { requestId, address } = requestState(ctx);
    const user = await newAccounts.create(proven, { ip: address.ip, requestId });
    return signIn(ctx, interaction, { user, proven, stays });
  };

  const showFailure = (ctx: Context, interaction: Interaction, failure: ProviderFailure) => {
    const { problem, reference, provider } = failure;
    const name = signIns.find(provider)?.name ?? provider;
    const refused = { error: `provider_${problem}` as const, reference };
    return problem === 'declined'
      ? back(ctx, interaction, { ...refused, provider: name })
      : refuse(ctx, interaction, { ...refused, provider, name });
  };

  const showNewAccount = async (
    ctx: Context,
    interaction: Interaction,
    { provider, proven }: { provider: IdentityProvider; proven: ProvenIdentity },
  ): Promise<undefined> => {
    const { client, params, paths, hidden, uiLocales } = interaction;
    const locale = renderer.locale(ctx, { uiLocales });
    const data = {
      ...{ action: paths.providerAccount, cancelAction: paths.cancel, hidden },
      client: pageClient(client, locale, params.redirect_uri),
      ...{ provider: provider.name, account: await newAccounts.preview(proven) },
      signInPath: signInPage(interaction),
    };
    renderer.render(ctx, 'provider_account', data, { uiLocales });
  };

  /** `mayMake`: the person has seen what will be made. */
  const goOn = async (ctx: Context, interaction: Interaction, mayMake: boolean): Outcome => {
    const owner = ownerOf(interaction);
    const outcome = await outcomes.find(owner);
    if (!outcome) {
      seeOther(ctx, signInPage(interaction));
      return undefined;
    }
    /** False: a request beside this one goes on with it. */
    const take = async () => (await outcomes.take(owner)) !== undefined;
    if ('failure' in outcome) {
      await take();
      return showFailure(ctx, interaction, outcome.failure);
    }
    const { proven, stays = false } = outcome;
    const provider = signIns.find(proven.provider);
    if (!provider) throw expiredInteraction();
    const arrival = await arrivals.of(proven, provider);
    const { name } = provider;
    switch (arrival.is) {
      case 'known': {
        if (!(await take())) throw expiredInteraction();
        const { requestId, address } = requestState(ctx);
        const from = { ip: address.ip, requestId };
        const user = await memberships.follow(arrival.user, provider, proven, from);
        return signIn(ctx, interaction, { user, proven, stays });
      }
      case 'disabled':
        await take();
        return refuseHere(ctx, interaction, {
          ...{ error: 'provider_disabled', provider },
          detail: 'the user that this identity is linked to is disabled',
        });
      case 'same_address': {
        await take();
        await outcomes.keep(linkOf(interaction), {
          proven: { ...proven, linkTo: arrival.user.id },
        });
        const username = proven.person.email ?? '';
        return back(ctx, interaction, { error: 'provider_link', provider: name, username });
      }
      case 'new':
        if (arrival.policy === 'refuse') {
          await take();
          return refuseHere(ctx, interaction, {
            ...{ error: 'provider_no_account', provider },
            detail: 'the identity is linked to no user, and new_people of the provider is refuse',
          });
        }
        if (arrival.policy === 'ask' && !mayMake) {
          return showNewAccount(ctx, interaction, { provider, proven });
        }
        if (!(await take())) throw expiredInteraction();
        return make(ctx, interaction, { proven, stays });
    }
  };

  return {
    offered(interaction) {
      const offered = signIns.offered(offeredBy(interaction));
      if (offered.length === 0) return undefined;
      return {
        action: interaction.paths.provider,
        list: offered.map(({ id, name }) => ({ id, name })),
        areByAddress: offered.some(({ domains }) => domains.length > 0),
      };
    },

    async begin(ctx, interaction, form) {
      const id = field(form, 'provider');
      const provider = signIns.offered(offeredBy(interaction)).find((one) => one.id === id);
      if (!provider) throw expiredInteraction();
      return go(ctx, interaction, { provider, form });
    },

    async sendByAddress(ctx, interaction, form, typed) {
      const provider = signIns.ofAddress(typed, offeredBy(interaction));
      if (!provider || (await outcomes.find(linkOf(interaction)))) return false;
      await go(ctx, interaction, { provider, form, typed });
      return true;
    },

    arrive: (ctx, interaction) => goOn(ctx, interaction, false),
    leadOn(ctx, { client, params, uiLocales }, nextUrl) {
      const locale = renderer.locale(ctx, { uiLocales });
      const shown = pageClient(client, locale, params.redirect_uri);
      ctx.set('Refresh', `0;url=${nextUrl}`);
      renderer.render(ctx, 'arrived', { client: shown, nextUrl }, { uiLocales });
    },
    join: (ctx, interaction) => goOn(ctx, interaction, true),
  };
}

function offeredBy({ client }: Interaction): readonly string[] | undefined {
  return client.identity_providers as readonly string[] | undefined;
}

/** What the request wants of the sign-in (OpenID Connect Core section 3.1.2.1), which then the provider has to do. */
function maxAgeOf({ params: { prompt, max_age: maxAge } }: Interaction): number | undefined {
  if (
    String(prompt ?? '')
      .split(' ')
      .includes('login')
  )
    return 0;
  return typeof maxAge === 'number' ? maxAge : undefined;
}
