/** Which methods the paths of this room take: what an answer 405 tells (RFC 9110 section 15.5.6). */
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
