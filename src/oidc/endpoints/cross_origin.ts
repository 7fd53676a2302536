/**
 * Cross-origin requests from browsers (CORS): only where a client that lives in a browser needs them. A public client's
 * pages are where its redirect URIs are; `cors_origins` names others, of any client.
 */
import type { Client, KoaContextWithOIDC } from 'oidc-provider';

/** `origin`: as the browser sent it (RFC 6454 section 7), which it also does to the origin of the page itself. */
export function clientBasedCORS(
  { oidc: { issuer } }: { oidc: Pick<KoaContextWithOIDC['oidc'], 'issuer'> },
  origin: string,
  client: Client,
): boolean {
  // Cardea's own pages, such as the request tester: nothing crosses an origin.
  if (origin === new URL(issuer).origin) return true;
  const allowed = client.cors_origins as readonly string[] | undefined;
  if (allowed?.includes(origin)) return true;
  if (client.clientAuthMethod !== 'none') return false;
  return (client.redirectUris ?? []).some((uri) => {
    const url = URL.parse(uri);
    return url !== null && url.origin !== 'null' && url.origin === origin;
  });
}
