/** Where the library's answer to a device is not yet ours: RFC 8628 section 3.2 has `interval` in it. */
import type { Middleware } from 'koa';
import { pollInterval } from '../grants/device_polling.ts';

export const tellPollInterval: Middleware = async function tellPollIntervalLayer(ctx, next) {
  await next();
  if (ctx.status !== 200) return;
  ctx.body = { ...(ctx.body as Record<string, unknown>), interval: pollInterval };
};
