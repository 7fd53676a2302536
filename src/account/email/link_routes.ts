/**
 * The pages of the links in mails about an address. To open one changes nothing, as mail scanners open every link; only its
 * form does. Nobody has to be signed in: whoever has the link reads the mails of that address.
 */
import type { Context, Middleware } from 'koa';
import type { Clock } from '../../clock.ts';
import { emailLinksPath } from '../../definitions/built_in.ts';
import { readForm } from '../../http/request_body.ts';
import { requestState } from '../../http/request_state.ts';
import { forgedRequest, isFromOrigin } from '../../http/same_origin.ts';
import { keepFormsHere } from '../../http/security_headers.ts';
import { ownAddress } from '../../net/client_address.ts';
import type { AccountPageData } from '../../pages/account_data.ts';
import type { PageRenderer } from '../../pages/page_renderer.ts';
import { pageTexts } from '../../pages/texts.ts';
import type { UserRecord } from '../../storage/users.ts';
import { deviceNamed } from '../sessions/devices.ts';
import type { ChangeOrigin, EmailChanges } from './email_changes.ts';

type LinkRoutes = { page: Middleware; act: Middleware };
export type EmailLinkRoutes = { confirm: LinkRoutes; undo: LinkRoutes };

type Done = Omit<AccountPageData['account/email_done'], 'nextPath'>;

const longestToken = 100;
const statuses = { confirmed: 200, restored: 200, taken: 409, gone: 410 } as const;

export function createEmailLinkRoutes({
  emailChanges,
  issuer,
  basePath,
  renderer,
  clock,
}: {
  emailChanges: EmailChanges;
  issuer: string;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  renderer: PageRenderer;
  clock: Clock;
}): EmailLinkRoutes {
  const { origin } = new URL(issuer);

  const originOf = (ctx: Context, { id }: UserRecord): ChangeOrigin => {
    const { address, requestId } = requestState(ctx);
    const locale = renderer.locale(ctx);
    const { device } = deviceNamed(ctx.get('user-agent'), pageTexts[locale].account);
    return {
      ...{ circumstances: { at: clock.now(), device, address: address.ip }, locale },
      by: { actor: `user:${id}`, ip: ownAddress(address), requestId, reason: 'link of a mail' },
    };
  };

  const showDone = (ctx: Context, done: Done) => {
    ctx.status = statuses[done.outcome];
    ctx.set('Cache-Control', 'no-store');
    keepFormsHere(ctx);
    const nextPath = `${basePath}${done.outcome === 'restored' ? '/recovery' : '/account'}`;
    renderer.render(ctx, 'account/email_done', { ...done, nextPath });
  };

  const routesOf = (
    name: keyof EmailLinkRoutes,
    will: AccountPageData['account/email_link']['will'],
    open: EmailChanges['open'],
    act: (token: string, user: UserRecord, ctx: Context) => Promise<Done>,
  ): LinkRoutes => ({
    async page(context) {
      const ctx = context as Context;
      const { token = '' } = ctx.query;
      const link = typeof token === 'string' ? token.slice(0, longestToken) : '';
      const opened = await open(link);
      if (!opened) return showDone(ctx, { outcome: 'gone' });
      const { user, email } = opened;
      ctx.status = 200;
      ctx.set('Cache-Control', 'no-store');
      keepFormsHere(ctx);
      renderer.render(ctx, 'account/email_link', {
        ...{ action: `${basePath}${emailLinksPath}/${name}`, hidden: { token: link }, will },
        ...{ username: user.username, email },
      });
    },

    async act(context) {
      const ctx = context as Context;
      const form = await readForm(ctx);
      if (!isFromOrigin(ctx, origin)) throw forgedRequest();
      const token = (form.get('token') ?? '').slice(0, longestToken);
      const opened = await open(token);
      const done: Done = opened ? await act(token, opened.user, ctx) : { outcome: 'gone' };
      showDone(ctx, done);
    },
  });

  return {
    confirm: routesOf('confirm', 'confirmed', emailChanges.open, async (token, user, ctx) => {
      const changed = await emailChanges.confirm(token, originOf(ctx, user));
      return changed ? { outcome: 'confirmed', email: changed.email } : { outcome: 'gone' };
    }),
    undo: routesOf('undo', 'restored', emailChanges.openUndo, async (token, user, ctx) => {
      const restored = await emailChanges.undo(token, originOf(ctx, user));
      if (restored === 'taken') return { outcome: 'taken' };
      return restored ? { outcome: 'restored', email: restored.email } : { outcome: 'gone' };
    }),
  };
}
