/**
 * Front-channel logout (OpenID Connect Front-Channel Logout 1.0): once a person has signed out, the browser opens the
 * logout URI of each app of the session in a hidden frame, with the issuer and the app's session id, before it goes on.
 * Browsers that keep cookies out of frames reach nobody this way; back-channel logout always does.
 */
import type { Context, Middleware } from 'koa';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { allowFrames } from '../../http/security_headers.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { signedOut } from '../engine/private_members.ts';

/** Seconds that apps have, after which the browser goes on by itself. */
const patience = 2;

export function createFrontChannelLogout({
  renderer,
  provider,
  issuer,
}: {
  renderer: PageRenderer;
  provider: () => Provider;
  issuer: string;
}): Middleware {
  const frameOf = (client: Client | undefined, sid: string | undefined): string[] => {
    const url = URL.parse(String(client?.frontchannel_logout_uri ?? ''));
    if (!url) return [];
    url.searchParams.set('iss', issuer);
    if (sid !== undefined) url.searchParams.set('sid', sid);
    return [url.href];
  };

  const framesFor = async ({ oidc: { session } }: KoaContextWithOIDC): Promise<string[]> => {
    const authorizations = Object.entries(session?.authorizations ?? {});
    const frames = authorizations.map(async ([clientId, { sid }]) =>
      frameOf(await provider().Client.find(clientId), sid),
    );
    return (await Promise.all(frames)).flat();
  };

  return async function openLogoutFrames(context, next) {
    await next();
    const ctx = context as unknown as KoaContextWithOIDC;
    const target = ctx.response.get('Location');
    if (!target || !(ctx as Partial<KoaContextWithOIDC>).oidc || !signedOut(ctx)) return;
    const frames = await framesFor(ctx);
    if (frames.length === 0) return;
    ctx.remove('Location');
    ctx.status = 200;
    ctx.set('Refresh', `${patience}; url=${target}`);
    renderer.render(ctx as unknown as Context, 'signing_out', { frames, target });
    allowFrames(
      ctx,
      frames.map((frame) => new URL(frame).origin),
    );
  };
}
