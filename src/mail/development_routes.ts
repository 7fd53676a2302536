/**
 * The pages at /dev/mail: what development mode would have sent. The links in these mails sign people in, so that they are
 * shown to a browser on this machine that asked for this machine, and to nobody else.
 */
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { isLoopbackHost } from '../definitions/loopback.ts';
import { requestState } from '../http/request_state.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { DevelopmentMails } from './development_mails.ts';

export type DevelopmentMailRoutes = { list: Middleware; html: Middleware; text: Middleware };

/** A mail as a mail program shows it: nothing runs, and it is of no origin. */
const mailPolicy = [
  "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'",
  "form-action 'none'; frame-ancestors 'none'; sandbox",
].join('; ');

export function createDevelopmentMailRoutes({
  mails,
  renderer,
  basePath,
}: {
  mails: DevelopmentMails;
  renderer: PageRenderer;
  /** The issuer's path without a trailing slash. */
  basePath: string;
}): DevelopmentMailRoutes {
  /** Others get what they get for an address that is not there. */
  const onThisMachine =
    (serve: (ctx: Context) => Promise<void>): Middleware =>
    async (ctx) => {
      if (isOfThisMachine(ctx.req)) await serve(ctx as Context);
    };

  const mailAs = (type: 'html' | 'text') =>
    onThisMachine(async (ctx) => {
      const mail = await mails.find(requestState(ctx).match.params.id ?? '');
      if (!mail) return;
      ctx.set('Content-Security-Policy', mailPolicy);
      ctx.type = type;
      ctx.body = mail[type];
    });

  return {
    list: onThisMachine(async (ctx) => {
      const all = await mails.list();
      ctx.status = 200;
      renderer.render(ctx, 'development_mails', {
        mails: all.map(({ id, subject, to, createdAt: at }) => {
          const path = `${basePath}/dev/mail/${id}`;
          return { subject, to, at, path, textPath: `${path}/text` };
        }),
      });
    }),
    html: mailAs('html'),
    text: mailAs('text'),
  };
}

/**
 * Whether it comes from here, and not through a tunnel or a proxy; and whether the browser thinks that it talks to this
 * machine. A page elsewhere can have its own name lead here (DNS rebinding), and would be the same origin.
 */
function isOfThisMachine({ socket, rawHeaders }: IncomingMessage): boolean {
  const headers = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.set((rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? '');
  }
  const host = URL.parse(`http://${headers.get('host') ?? ''}`)?.hostname ?? '';
  const isForwarded = [...headers.keys()].some((name) => /^(forwarded|x-forwarded-.*)$/.test(name));
  return isLoopbackHost(socket.remoteAddress ?? '') && isLoopbackHost(host) && !isForwarded;
}
