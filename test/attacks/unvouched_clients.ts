/** What the attacks on clients that nobody vouched for share: how they ask, and what an API learns of a token. */
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { requestOf } from '../flows/agents/agent.ts';
import { declaration, scope, tools } from '../flows/agents/configuration.ts';
import { hosted } from '../flows/agents/document_site.ts';
import { basic, postForm } from '../support/flows.ts';

export const [redirectUri = ''] = hosted.redirect_uris;

export const opened = {
  ...declaration,
  dynamic_registration: { enabled: true, open: true, apis: [tools], scope },
};

/** Opens the authorization endpoint without cookies, as whoever a trusted proxy says. */
export async function ask(
  issuer: string,
  parameters: Record<string, string>,
  address = '198.51.100.9',
): Promise<{ status: number; location: string | null }> {
  const request = requestOf(issuer, { redirect_uri: redirectUri, ...parameters });
  const headers = { accept: 'text/html', 'x-forwarded-for': address };
  const response = await fetch(request, { redirect: 'manual', headers });
  await response.body?.cancel();
  return { status: response.status, location: response.headers.get('location') };
}

/** Whether the API of the configuration is told that the token holds. */
export async function isActive(url: string, token: string): Promise<unknown> {
  const authorization = basic('tools-api', 'a-secret-of-at-least-32-characters');
  const { body } = await postForm(`${url}/introspect`, { token }, { authorization });
  return body.active;
}

export async function withStore<T>(url: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ url });
  return work(store).finally(() => store.close());
}
