/** A client as pages introduce it: its own words, and the one thing it cannot make up, its host. */
import type { Client } from 'oidc-provider';
import type { PageClient } from '../http/page_data.ts';

/** `redirectUri`: where the answer will go, where there is such a thing. */
export function pageClient(client: Client, redirectUri?: unknown): PageClient {
  const url = typeof redirectUri === 'string' ? URL.parse(redirectUri) : null;
  return {
    name: client.clientName || client.clientId,
    host: url?.host || undefined,
    policyUrl: client.policyUri as string | undefined,
    termsUrl: client.tosUri as string | undefined,
  };
}
