/**
 * Cross-origin requests from browsers (CORS): only where a client that lives in a browser needs them, and
 * only from an origin that it has registered a redirect URI for.
 */
import type { Client, KoaContextWithOIDC } from 'oidc-provider';

export function clientBasedCORS(_ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  if (client.clientAuthMethod !== 'none') return false;
  return (client.redirectUris ?? []).some((uri) => {
    const url = URL.parse(uri);
    return url !== null && url.origin !== 'null' && url.origin === origin;
  });
}
