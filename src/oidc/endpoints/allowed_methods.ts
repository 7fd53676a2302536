/**
 * The paths of this room, and which methods they take: what an answer 405 tells (RFC 9110 section 15.5.6).
 *
 * The library takes a path in any case, and with a slash behind it. What stands in front of it goes by the path, too:
 * who resumes a sign-in, which form was sent from here, how often somebody tries a code. So there is one way to write
 * each, and all others lead nowhere.
 */
import type { Middleware } from 'koa';

const formOnly = ['POST', 'OPTIONS'];
const readOnly = ['GET', 'HEAD', 'OPTIONS'];

const methods: Record<string, readonly string[]> = {
  '/.well-known/openid-configuration': readOnly,
  '/.well-known/oauth-authorization-server': readOnly,
  '/.well-known/jwks.json': readOnly,
  '/authorize': ['GET', 'HEAD', 'POST'],
  '/device': ['GET', 'HEAD', 'POST'],
  '/device_authorization': formOnly,
  '/introspect': formOnly,
  '/logout': ['GET', 'HEAD', 'POST'],
  '/logout/confirm': ['POST'],
  '/logout/success': ['GET', 'HEAD'],
  '/par': formOnly,
  '/revoke': formOnly,
  '/token': formOnly,
  '/userinfo': ['GET', 'HEAD', 'POST', 'OPTIONS'],
};

/** Those that name something: an interaction, a client. */
const named = /^\/(?:authorize|device|register)\/[^/]+$/;

const registration: Record<string, readonly string[]> = { '/register': ['POST'] };

/** Takes a path below the issuer's; undefined: no such path here. */
export function createAllowedMethods({
  registrationEnabled,
}: {
  registrationEnabled: boolean;
}): (path: string) => readonly string[] | undefined {
  const known = new Map(Object.entries({ ...methods, ...(registrationEnabled && registration) }));
  return (path) => known.get(path);
}

/** Lets `inner` see the room's own paths only. */
export function onOwnPaths(
  allowedMethods: ReturnType<typeof createAllowedMethods>,
  inner: Middleware,
): Middleware {
  return (ctx, next) =>
    allowedMethods(ctx.path) || named.test(ctx.path) ? inner(ctx, next) : next();
}
