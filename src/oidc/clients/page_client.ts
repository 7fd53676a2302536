/** A client as pages introduce it: its own words, and the one thing it cannot make up, its host. */
import type { Client } from 'oidc-provider';
import { accountClientId, consoleClientId } from '../../definitions/built_in.ts';
import { type Locale, locales } from '../../definitions/locales.ts';
import type { PageClient } from '../../pages/page_data.ts';
import { isLocalRedirect } from './local_redirects.ts';

/** Names by language (RFC 7591 section 2.2), for those that pages speak. */
export const localNames = locales.map((locale) => `client_name#${locale}` as const);

/** By their client ids, which nobody else can have. */
const ownClients = new Map<string, PageClient['own']>([
  [accountClientId, 'account'],
  [consoleClientId, 'console'],
]);

/** `redirectUri`: where the answer will go, where there is such a thing. */
export function pageClient(client: Client, locale: Locale, redirectUri?: unknown): PageClient {
  const localName = client[`client_name#${locale}`];
  return {
    name: textOf(localName) ?? client.clientName ?? client.clientId,
    own: ownClients.get(client.clientId),
    host: redirectHost(redirectUri),
    policyUrl: client.policyUri as string | undefined,
    termsUrl: client.tosUri as string | undefined,
    ...cautionOf(client, redirectUri),
  };
}

/** What people should know of a client that nobody vouched for. */
function cautionOf(
  { source, clientId }: Client,
  redirectUri: unknown,
): Pick<PageClient, 'documentHost' | 'caution'> {
  if (source === undefined) return {};
  const isLocal = typeof redirectUri === 'string' && isLocalRedirect(redirectUri);
  if (source !== 'document') return { caution: isLocal ? 'local' : 'unchecked' };
  return { documentHost: URL.parse(clientId)?.host, ...(isLocal && { caution: 'local' }) };
}

/**
 * All that a client says of itself on pages, in every language, and where nobody vouched for it, all by which people
 * could know it.
 */
export function introductionOf(client: Client): unknown[] {
  const { clientName, policyUri, tosUri, source, clientUri, logoUri } = client;
  const names = [clientName, ...localNames.map((name) => textOf(client[name]))];
  const further = source === undefined ? [] : [clientUri, logoUri];
  return [...names, policyUri, tosUri, ...further].map((text) => text ?? null);
}

/**
 * Of a private-use scheme (RFC 8252 section 7.1) the scheme with its colon: what stands where the host would is made up
 * by the client.
 */
export function redirectHost(redirectUri: unknown): string | undefined {
  const url = typeof redirectUri === 'string' ? URL.parse(redirectUri) : null;
  if (!url) return undefined;
  return /^https?:$/.test(url.protocol) ? url.host : url.protocol;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
