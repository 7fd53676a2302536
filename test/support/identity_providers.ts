/**
 * A person who signs in to an app at another provider, and a Cardea that knows where such providers send people back to
 * before it starts.
 */
import { freePort } from '../../harness/free_port.ts';
import type { Page, UserAgent } from '../../harness/user_agent.ts';
import { callbackUri } from './relying_party.ts';

export type Address = { port: number; issuer: string; callbackOf(providerId: string): string };

/** Where a server is going to listen. */
export async function reserveAddress(): Promise<Address> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  return { port, issuer, callbackOf: (id) => `${issuer}/sign-in-with/${id}/callback` };
}

/** What a Cardea needs so that people can sign in to an app at these providers, which listen on loopback. */
export function declarationWith(providers: readonly object[], more: object = {}): object {
  return {
    clients: [
      {
        ...{ client_id: 'app', token_endpoint_auth_method: 'none', consent: 'skip' },
        redirect_uris: [callbackUri],
        scope: 'openid profile email groups roles',
      },
    ],
    identity_providers: providers,
    outbound: { allow: ['127.0.0.1/32'] },
    ...more,
  };
}

/** Begins at the app, and lets the person choose this provider: where they end, at the app or on a page. */
export async function signInWith(
  agent: UserAgent,
  request: string | URL,
  provider: string,
): Promise<Page> {
  const page = await agent.open(String(request), { stopAt: callbackUri });
  const choice = { action: /\/provider$/, fields: { provider }, stopAt: callbackUri };
  return agent.submit(page, choice);
}
