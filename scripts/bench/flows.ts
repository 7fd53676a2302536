/**
 * The flows under load: client credentials, code exchange, refresh.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createRequester, type Measurement, measure, type Requester } from '../../harness/load.ts';
import { type Browser, createBrowser } from './browser.ts';
import { clients, redirectUri, secret } from './declaration.ts';

const connections = 32;
const [job, shop] = clients.map(
  ({ client_id }) => `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
);

/** `warmUp`: requests before those that were measured. */
export async function clientCredentials(
  url: string,
  amount: { seconds: number } | { tokens: number },
): Promise<Measurement & { warmUp: number }> {
  const requester = createRequester(url, connections);
  const step = async () => {
    const { status } = await requester.post('/token', 'grant_type=client_credentials', {
      authorization: job ?? '',
    });
    return status === 200;
  };
  const until =
    'tokens' in amount
      ? (requests: number) => requests >= amount.tokens
      : (_requests: number, elapsed: number) => elapsed >= amount.seconds * 1000;
  const { requests: warmUp } = await measure({
    connections,
    step,
    until: (requests) => requests >= 200,
  });
  const measurement = await measure({ connections, step, until });
  requester.close();
  return { ...measurement, warmUp };
}

/** Redeems `amount` codes that were made beforehand; answers also the refresh tokens. */
export async function codeExchange(
  url: string,
  amount: number,
): Promise<{ measurement: Measurement; refreshTokens: string[] }> {
  const requester = createRequester(url, connections);
  const codes = await makeCodes(requester, amount);
  const refreshTokens: string[] = [];
  const measurement = await measure({
    connections,
    until: () => codes.length === 0,
    step: async () => {
      const next = codes.pop();
      if (!next) return true;
      const { status, body } = await requester.post(
        '/token',
        String(
          new URLSearchParams({
            grant_type: 'authorization_code',
            code: next.code,
            code_verifier: next.verifier,
            redirect_uri: redirectUri,
          }),
        ),
        { authorization: shop ?? '' },
      );
      if (status === 200) refreshTokens.push(JSON.parse(body).refresh_token);
      return status === 200;
    },
  });
  requester.close();
  return { measurement, refreshTokens };
}

/** Each connection rotates a refresh token of its own. */
export async function refresh(
  url: string,
  refreshTokens: string[],
  seconds: number,
): Promise<Measurement> {
  const requester = createRequester(url, connections);
  const current = refreshTokens.slice(0, connections);
  const measurement = await measure({
    connections: current.length,
    until: (_requests, elapsed) => elapsed >= seconds * 1000,
    step: async (connection) => {
      const { status, body } = await requester.post(
        '/token',
        String(
          new URLSearchParams({
            grant_type: 'refresh_token',
            refresh_token: current[connection] ?? '',
          }),
        ),
        { authorization: shop ?? '' },
      );
      if (status === 200) current[connection] = JSON.parse(body).refresh_token;
      return status === 200;
    },
  });
  requester.close();
  return measurement;
}

async function makeCodes(requester: Requester, amount: number) {
  const codes: { code: string; verifier: string }[] = [];
  const browser = createBrowser(requester);
  while (codes.length < amount) {
    const batch = Math.min(connections, browser.hasCookies() ? amount - codes.length : 1);
    codes.push(...(await Promise.all(Array.from({ length: batch }, () => makeCode(browser)))));
  }
  return codes;
}

async function makeCode(browser: Browser) {
  const verifier = randomBytes(32).toString('base64url');
  let location = authorizationUrl(verifier, browser.hasCookies() ? undefined : 'login');
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

/** Path and query of an authorization request of the client `shop`. */
export function authorizationUrl(verifier: string, prompt?: 'login'): string {
  const query = new URLSearchParams({
    client_id: 'shop',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid offline_access orders:read',
    ...(prompt && { prompt }),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return `${authorizationPath}?${query}`;
}

let authorizationPath = '/authorize';

/** The bare provider keeps the library's own paths. */
export function useAuthorizationPath(path: string): void {
  authorizationPath = path;
}
