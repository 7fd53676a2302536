/**
 * The pages that the library asks for: sign-out, errors, and those of device_pages.ts. It owns only the passage from the
 * library's callbacks to our pages; forms carry the library's anti-forgery token and post to its routes.
 */
import type { Client, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { requestState } from '../../http/request_state.ts';
import type { PageData, PageName } from '../../pages/page_data.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { pageClient } from '../clients/page_client.ts';
import { endSession } from '../engine/library_parts.ts';
import { antiForgeryToken } from '../engine/private_members.ts';
import { expiredInteraction } from '../guards/browser_binding.ts';
import type { Restarts } from '../restarts/restart_tokens.ts';
import type { createDevicePages } from './device_pages.ts';
import type { MustConfirmSignOut } from './sign_out_hints.ts';
import { descriptionOf, type Refused } from './told.ts';

export type LibraryPages = ReturnType<typeof createLibraryPages>;

export function createLibraryPages({
  renderer,
  restarts,
  devicePages,
  mustConfirmSignOut,
}: {
  renderer: PageRenderer;
  restarts: Pick<Restarts, 'ofSignOut' | 'open'>;
  devicePages: ReturnType<typeof createDevicePages>;
  mustConfirmSignOut: MustConfirmSignOut;
}) {
  const languageOf = ({ oidc }: KoaContextWithOIDC) => {
    const uiLocales = oidc.params?.ui_locales;
    return { uiLocales: typeof uiLocales === 'string' ? uiLocales : undefined };
  };
  const show = <P extends PageName>(ctx: KoaContextWithOIDC, page: P, data: PageData[P]) =>
    renderer.render(ctx, page, data, languageOf(ctx));
  const introduced = (ctx: KoaContextWithOIDC, client: Client) =>
    pageClient(client, renderer.locale(ctx, languageOf(ctx)));
  const antiForgery = (ctx: KoaContextWithOIDC) => ({ xsrf: antiForgeryToken(ctx) });
  const clientOf = (ctx: KoaContextWithOIDC) =>
    ctx.oidc.client ? introduced(ctx, ctx.oidc.client) : undefined;

  const signOutRestart = ({ oidc: { client, params } }: KoaContextWithOIDC) => {
    const { post_logout_redirect_uri, state, ui_locales } = params ?? {};
    const client_id = client?.clientId;
    return restarts.ofSignOut({ client_id, post_logout_redirect_uri, state, ui_locales });
  };
  /** Its session is over, or another tab has shown the form since: the person is asked again. */
  const signOutAgain = (ctx: KoaContextWithOIDC, error: Error) => {
    const restart = restarts.open(ctx.oidc.body?.restart);
    if (restart?.as !== 'sign_out') {
      requestState(ctx).failure = expiredInteraction(error);
      return;
    }
    ctx.status = 303;
    ctx.redirect(`${ctx.oidc.urlFor('end_session')}?${restart.query}`);
  };

  return {
    ...devicePages,

    async logoutSource(ctx: KoaContextWithOIDC) {
      if (!mustConfirmSignOut(ctx)) {
        await endSession(ctx);
        return;
      }
      show(ctx, 'sign_out', {
        action: ctx.oidc.urlFor('end_session_confirm'),
        hidden: { ...antiForgery(ctx), restart: signOutRestart(ctx) },
        client: clientOf(ctx),
      });
    },

    async postLogoutSuccessSource(ctx: KoaContextWithOIDC) {
      show(ctx, 'signed_out', { client: clientOf(ctx) });
    },

    async renderError(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error) {
      if (ctx.oidc.route === 'end_session_confirm') return signOutAgain(ctx, error);
      if (error.name === 'SessionNotFound') {
        requestState(ctx).failure = expiredInteraction(error);
        return;
      }
      const description = descriptionOf(ctx, error as Refused);
      if (requestState(ctx).match.errors !== 'page') {
        // For programs, whatever their HTTP library says in `Accept` (RFC 6749 section 5.2).
        ctx.body = { ...out, error_description: description };
        return;
      }
      show(ctx, 'error', {
        code: out.error,
        description,
        status: ctx.status,
      });
    },
  };
}
