/**
 * A redirect URI's own query stays as it was registered, byte for byte (RFC 6749 section 3.1.2): the client may have
 * signed it. The library parses it and writes it anew (`%20` becomes `+`); here the registered text is put back, with
 * the parameters of the response behind it. Holds for errors and for sign-out, too.
 */
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';

const printable = /^[\x21-\x7e]+$/;

/** Of a client's redirect URI, at the authorization endpoint and where an interaction is resumed. */
export const keepRedirectQuery = keepQueryOf(({ query, oidc: { params } }) => {
  const target = params?.redirect_uri ?? query.redirect_uri;
  return typeof target === 'string' ? [target] : [];
});

/**
 * Of a client's post-logout redirect URIs, where sign-out ends. Those with the most parameters first: a shorter one, of
 * the same address, would take what is left for parameters of the response.
 */
export const keepLogoutQuery = keepQueryOf(({ oidc }) =>
  (oidc.client?.postLogoutRedirectUris ?? []).toSorted(
    (one, other) => parametersIn(other) - parametersIn(one),
  ),
);

function parametersIn(uri: string): number {
  return URL.parse(uri)?.searchParams.size ?? 0;
}

/** `targetsOf`: where a response may lead, as it was registered or asked for; the library has checked that by then. */
function keepQueryOf(targetsOf: (ctx: KoaContextWithOIDC) => readonly string[]): Middleware {
  return async function keepRedirectQueryLayer(context, next) {
    await next();
    const ctx = context as unknown as KoaContextWithOIDC;
    const location = ctx.response.get('Location');
    if (!location || !(ctx as Partial<KoaContextWithOIDC>).oidc) return;
    for (const registered of targetsOf(ctx)) {
      const restored = withQueryOf(registered, location);
      if (restored === undefined) continue;
      ctx.set('Location', restored);
      return;
    }
  };
}

/** The location with the query of `registered` as it is written there; undefined: it leads somewhere else. */
export function withQueryOf(registered: string, location: string): string | undefined {
  const [own, sent] = [URL.parse(registered), URL.parse(location)];
  if (!own || !sent || !printable.test(registered)) return undefined;
  const isSame = (part: 'protocol' | 'host' | 'pathname') => own[part] === sent[part];
  if (!isSame('protocol') || !isSame('host') || !isSame('pathname')) return undefined;
  const isKept = (name: string) =>
    JSON.stringify(own.searchParams.getAll(name)) ===
    JSON.stringify(sent.searchParams.getAll(name));
  if ([...own.searchParams.keys()].some((name) => !sent.searchParams.has(name))) return undefined;

  const [address = '', ...rest] = registered.split('?');
  const query = rest.join('?');
  // A parameter of the response takes the place of one by the same name.
  const kept = query.split('&').filter((pair) => pair === '' || isKept(nameIn(pair)));
  const added = [...sent.searchParams].filter(([name]) => !isKept(name));
  const parts = [
    ...(query === '' ? [] : kept),
    ...(added.length > 0 ? [new URLSearchParams(added).toString()] : []),
  ];
  const mark = parts.length > 0 || rest.length > 0 ? '?' : '';
  return `${address}${mark}${parts.join('&')}${sent.hash}`;
}

function nameIn(pair: string): string {
  const [name = ''] = new URLSearchParams(pair).keys();
  return name;
}
