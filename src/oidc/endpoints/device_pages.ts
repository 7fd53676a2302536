/**
 * The pages on which a person connects a device (RFC 8628 section 3.3). Forms post, and the answer is a redirect to
 * `/device` with what to show there, sealed: each page can be reloaded, gone back to, and opened in another browser.
 * Whether a code holds is decided when a form is posted, never by what a page shows.
 */
import type { Client, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { fingerprint } from '../../digests.ts';
import { requestState } from '../../http/request_state.ts';
import type { DeviceCodeData } from '../../pages/page_data.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { pageClient } from '../clients/page_client.ts';
import { antiForgeryToken } from '../engine/private_members.ts';
import type { SealedValues } from '../restarts/sealed_values.ts';

type DeviceInfo = { ip?: string; ua?: string };

export type DevicePage =
  | { shows: 'code'; userCode?: string | undefined; error: NonNullable<DeviceCodeData['error']> }
  | { shows: 'confirmation'; userCode: string; clientId: string; device: DeviceInfo }
  | { shows: 'result'; clientId: string | undefined };

const codeErrors: Record<string, DeviceCodeData['error']> = {
  NoCodeError: 'missing',
  NotFoundError: 'not_found',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
  AbortedError: 'aborted',
};

/** Characters; no code is longer, however it is typed. */
const longestCode = 32;

export function createDevicePages({
  renderer,
  sealedPages,
}: {
  renderer: PageRenderer;
  sealedPages: SealedValues<DevicePage>;
}) {
  const addressOf = (ctx: KoaContextWithOIDC) => ctx.oidc.urlFor('code_verification');
  const redirectTo = (ctx: KoaContextWithOIDC, page: DevicePage) => {
    ctx.status = 303;
    ctx.redirect(`${addressOf(ctx)}?${new URLSearchParams({ page: sealedPages.seal(page) })}`);
  };
  const form = (ctx: KoaContextWithOIDC) => ({
    action: addressOf(ctx),
    hidden: { xsrf: antiForgeryToken(ctx) },
  });
  const show = async (ctx: KoaContextWithOIDC, page: DevicePage | undefined) => {
    if (page === undefined) return renderer.render(ctx, 'device_code', form(ctx));
    if (page.shows === 'code') {
      const { userCode, error } = page;
      return renderer.render(ctx, 'device_code', { ...form(ctx), userCode, error });
    }
    const known = page.clientId && (await ctx.oidc.provider.Client.find(page.clientId));
    const client = known ? pageClient(known, renderer.locale(ctx)) : undefined;
    if (page.shows === 'result') return renderer.render(ctx, 'device_done', { client });
    if (!client) return renderer.render(ctx, 'device_code', form(ctx));
    const { userCode, device } = page;
    const { action, hidden } = form(ctx);
    renderer.render(ctx, 'device_confirm', {
      ...{ action, client, userCode },
      hidden: { ...hidden, user_code: userCode, confirm: 'yes' },
      device: { ip: device.ip, userAgent: device.ua },
    });
  };

  return {
    async userCodeInputSource(
      ctx: KoaContextWithOIDC,
      _form: string,
      _out?: ErrorOut,
      error?: Error & { userCode?: string },
    ) {
      if (!error) return show(ctx, sealedPages.open(ctx.query.page));
      requestState(ctx).refusal = () => ({
        error: codeErrors[error.name] ?? error.name,
        detail: error.message,
        user_code_fingerprint: error.userCode && fingerprint(error.userCode),
      });
      redirectTo(ctx, {
        shows: 'code',
        userCode: error.userCode ?? codeFailedIn(ctx, error),
        error: codeErrors[error.name] ?? 'failed',
      });
    },

    async userCodeConfirmSource(
      ctx: KoaContextWithOIDC,
      _form: string,
      { clientId }: Client,
      device: DeviceInfo,
      userCode: string,
    ) {
      redirectTo(ctx, { shows: 'confirmation', userCode, clientId, device });
    },

    async successSource(ctx: KoaContextWithOIDC) {
      redirectTo(ctx, { shows: 'result', clientId: ctx.oidc.client?.clientId });
    },
  };
}

/** Of a form that came without its session, or too late: it needs not be typed again. */
function codeFailedIn({ oidc: { body } }: KoaContextWithOIDC, error: Error): string | undefined {
  const typed = body?.user_code;
  const isOfForm = codeErrors[error.name] === undefined && typeof typed === 'string';
  return isOfForm ? typed.slice(0, longestCode) : undefined;
}
