/**
 * Response headers that hold a browser to the least it needs. Routes may loosen `Cache-Control`;
 * everything else stands for every response.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet, { type HelmetOptions } from 'helmet';
import type { Context, Middleware } from 'koa';

/**
 * `form-action` is left out on purpose. Chromium applies it to every redirect that follows a form's
 * submission: after sign-in the chain leads to the client's redirect URI, and from there wherever the
 * client sends the person next (a native app's own scheme, another issuer that had federated to us).
 * No list can name these ahead. Forms can't be injected where every value is escaped; pages whose
 * forms stay here add the directive with keepFormsHere().
 */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** What no page needs. Passkeys (`publickey-credentials-*`) are needed, on our own origin. */
const permissionsPolicy = [
  'accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), geolocation=()',
  'gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()',
  'publickey-credentials-create=(self), publickey-credentials-get=(self)',
].join(', ');

/** HSTS only where the issuer is https: on plain http it has no meaning (RFC 6797 section 7.2). */
export function securityHeadersFor({ issuer }: { issuer: string }): Record<string, string> {
  const headers = headersOf({
    contentSecurityPolicy,
    // A client may run sign-in in a popup and wait for word from its own callback page there. Any
    // value but `unsafe-none` on a page in between cuts the popup off from its opener for good.
    crossOriginOpenerPolicy: false,
    crossOriginEmbedderPolicy: false,
    // For `no-cors` embedding only; what other origins may read is up to CORS.
    crossOriginResourcePolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
    // No other site sees a Referer. Not `no-referrer`: with that, browsers send `Origin: null` with
    // our own forms (Fetch, "append a request Origin header"), which then looks like a forgery.
    referrerPolicy: { policy: 'same-origin' },
    hsts: issuer.startsWith('https:') && { maxAge: 31_536_000, includeSubDomains: false },
    dnsPrefetchControl: { allow: false },
    // Answers to a browser that no longer exists.
    ieNoOpen: false,
    xssFilter: false,
  });
  return { ...headers, 'permissions-policy': permissionsPolicy, 'cache-control': 'no-store' };
}

/** Sets them on each response. */
export function securityHeaders(headers: Readonly<Record<string, string>>): Middleware {
  const entries = Object.entries(headers);
  return function securityHeadersLayer({ res }, next) {
    for (const [name, value] of entries) res.setHeader(name, value);
    return next();
  };
}

/** What helmet sets is the same for each response: it is asked once. */
function headersOf(options: HelmetOptions): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(options)(request, response, () => {});
  const names = response.getHeaderNames();
  return Object.fromEntries(names.map((name) => [name, String(response.getHeader(name))]));
}

/** For a page that opens frames of these origins. */
export function allowFrames(
  ctx: Pick<Context, 'response' | 'set'>,
  origins: readonly string[],
): void {
  const policy = ctx.response.get('Content-Security-Policy');
  const sources = [...new Set(origins)].join(' ');
  ctx.set('Content-Security-Policy', `${policy};frame-src ${sources}`);
}

/** For a page whose forms all end on our own origin, redirects included. */
export function keepFormsHere(ctx: Pick<Context, 'response' | 'set'>): void {
  const policy = ctx.response.get('Content-Security-Policy');
  ctx.set('Content-Security-Policy', `${policy};form-action 'self'`);
}
