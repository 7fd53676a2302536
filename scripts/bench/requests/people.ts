/**
 * What comes of people's sign-ins: codes that are redeemed, and refresh tokens.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createRequester } from '../../../harness/load.ts';
import { createRawRequester } from '../../../harness/raw_requester.ts';
import { redirectUri } from '../declaration.ts';
import { connections, type Load } from '../load/load.ts';
import { formRequest } from '../load/request.ts';
import type { RunningServer } from '../servers/running_server.ts';
import { type Browser, createBrowser } from './browser.ts';

/** A fast server redeems them in less time; making more would take much longer than that. */
const codesASecond = 600;

type Code = { code: string; verifier: string };

/** Codes that were made beforehand. */
export async function exchangeCodes(server: RunningServer, seconds: number): Promise<Load> {
  const codes = await makeCodes(server, seconds * codesASecond);
  return { once: codes.map((code) => redemption(server, code)), shows: '"refresh_token":' };
}

/** Each connection rotates a refresh token of its own. */
export async function refresh(server: RunningServer): Promise<Load> {
  return refreshing(server, await redeemCodes(server, connections));
}

/** One connection for each token. */
export function refreshing({ endpoints }: RunningServer, tokens: readonly string[]): Load {
  const request = (token: string) =>
    formRequest(endpoints.token, 'shop', { grant_type: 'refresh_token', refresh_token: token });
  return {
    chain: tokens.map(request),
    next: (body) => request(JSON.parse(body).refresh_token),
    shows: '"refresh_token":',
  };
}

/** Answers the refresh tokens of so many new codes. */
export async function redeemCodes(server: RunningServer, amount: number): Promise<string[]> {
  const codes = await makeCodes(server, amount);
  const requester = await createRawRequester(server.url, 1);
  const tokens: string[] = [];
  for (const code of codes) {
    const { body } = await requester.send(0, redemption(server, code));
    tokens.push(JSON.parse(body).refresh_token);
  }
  requester.close();
  return tokens;
}

/** Path and query of an authorization request of the client `shop`. */
export function authorizationUrl(path: string, verifier: string, prompt?: 'login'): string {
  const query = new URLSearchParams({
    client_id: 'shop',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid offline_access orders:read',
    ...(prompt && { prompt }),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return `${path}?${query}`;
}

function redemption({ endpoints }: RunningServer, { code, verifier }: Code): string {
  return formRequest(endpoints.token, 'shop', {
    grant_type: 'authorization_code',
    ...{ code, code_verifier: verifier, redirect_uri: redirectUri },
  });
}

/** The first signs in, the others come with its session. */
async function makeCodes({ url, endpoints }: RunningServer, amount: number): Promise<Code[]> {
  const requester = createRequester(url, connections);
  const browser = createBrowser(requester);
  const codes: Code[] = [];
  while (codes.length < amount) {
    const batch = browser.hasCookies() ? Math.min(connections, amount - codes.length) : 1;
    const made = Array.from({ length: batch }, () => makeCode(browser, endpoints.authorization));
    codes.push(...(await Promise.all(made)));
  }
  requester.close();
  return codes;
}

async function makeCode(browser: Browser, path: string): Promise<Code> {
  const verifier = randomBytes(32).toString('base64url');
  let location = authorizationUrl(path, verifier, browser.hasCookies() ? undefined : 'login');
  for (let hop = 0; hop < 8; hop += 1) {
    const { status, headers, body } = await browser.get(location);
    const next = status === 200 ? (await browser.signIn(body)).headers : headers;
    location = String(next.location ?? '');
    if (location.startsWith(redirectUri)) {
      const code = new URL(location).searchParams.get('code');
      if (!code) throw new Error(`no code in ${location}`);
      return { code, verifier };
    }
    const url = new URL(location, 'http://127.0.0.1');
    location = url.pathname + url.search;
  }
  throw new Error('no code after many redirects');
}
