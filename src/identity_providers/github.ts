/**
 * GitHub as a provider: OAuth 2.0 and an API in the place of ID tokens. It makes of them what an ID token would say.
 */
import * as openid from 'openid-client';
import { z } from 'zod';
import type { Claims } from './presets.ts';
import { ProviderFault } from './protocol.ts';

/** https://docs.github.com/rest/users/users#get-the-authenticated-user */
const userSchema = z.object({
  id: z.int().positive(),
  login: z.string(),
  name: z.string().nullish(),
});

/** https://docs.github.com/rest/users/emails#list-email-addresses-for-the-authenticated-user */
const emailsSchema = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }),
);

/** Where it answers; `issuer`: `https://github.com`, or the address of an Enterprise Server. */
export function githubMetadata(issuer: string): openid.ServerMetadata {
  const address = issuer.replace(/\/$/, '');
  return {
    issuer,
    authorization_endpoint: `${address}/login/oauth/authorize`,
    token_endpoint: `${address}/login/oauth/access_token`,
    // Since 2025-07-14: https://github.blog/changelog/2025-07-14-pkce-support-for-oauth-and-github-app-authentication
    code_challenge_methods_supported: ['S256'],
  };
}

/**
 * Who an access token is of, as claims: `sub` is the numeric id, since names are given to others. The address is the
 * primary one, and only if GitHub has verified it. Throws ProviderFault `failed` and what the library throws.
 */
export async function githubClaims(
  config: openid.Configuration,
  accessToken: string,
): Promise<Claims & { sub: string }> {
  const { issuer } = config.serverMetadata();
  const ask = async (path: string) => {
    const url = new URL(`${apiOf(issuer)}${path}`);
    const headers = new Headers({ accept: 'application/vnd.github+json' });
    return openid.fetchProtectedResource(config, accessToken, url, 'GET', null, headers);
  };
  const user = userSchema.safeParse(await contentOf(await ask('/user')));
  if (!user.success)
    throw new ProviderFault('failed', 'its API does not say who it is', user.error);
  const answer = await ask('/user/emails?per_page=100');
  // Whoever does not let an app see their addresses has none here.
  const emails = emailsSchema.safeParse(isForbidden(answer) ? [] : await contentOf(answer));
  if (!emails.success)
    throw new ProviderFault('failed', 'its API answered no list of addresses', emails.error);
  const primary = emails.data.find((address) => address.primary && address.verified);
  const { id, login, name } = user.data;
  return {
    sub: String(id),
    preferred_username: login,
    ...(name && { name }),
    ...(primary && { email: primary.email, email_verified: true }),
  };
}

/** https://docs.github.com/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api */
function apiOf(issuer: string): string {
  const address = issuer.replace(/\/$/, '');
  return address === 'https://github.com' ? 'https://api.github.com' : `${address}/api/v3`;
}

async function contentOf(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  throw new ProviderFault('failed', `its API answered ${response.status}`);
}

function isForbidden({ status }: Response): boolean {
  return status === 403 || status === 404;
}
